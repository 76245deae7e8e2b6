//! Stage 6, how we say it. Input: a finished run. Output: bytes in a format.
