//! Workflows of low-code builders, exported as JSON. Input: the document. Output: agents with their tools,
//! gates, credentials and handoffs, and where they listen.

mod n8n;

pub use n8n::N8N;
