//! The `nhiscan` command.

fn main() {}
