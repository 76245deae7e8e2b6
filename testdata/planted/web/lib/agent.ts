import { execSync } from 'node:child_process';
import { createOpenAI } from '@ai-sdk/openai';
import { Experimental_Agent as Agent, stepCountIs, tool } from 'ai';
import { z } from 'zod';

const openai = createOpenAI({ apiKey: process.env.OPENAI_API_KEY });

const shell = tool({
  description: 'Run a command on the chat host',
  inputSchema: z.object({ command: z.string() }),
  execute: async ({ command }) => execSync(command).toString(),
});

const openingHours = tool({
  description: 'Say when the shop is open',
  inputSchema: z.object({ day: z.string() }),
  execute: async ({ day }) => (day === 'Sunday' ? 'closed' : '9 to 18'),
});

export const chat = new Agent({
  model: openai('gpt-4.1'),
  system: 'You answer customers of Northwind Outfitters.',
  tools: { shell, openingHours },
  stopWhen: stepCountIs(6),
});
