import { chat } from '../../../lib/agent';

export async function POST(request: Request) {
  const { messages } = await request.json();
  return chat.respond({ messages });
}
