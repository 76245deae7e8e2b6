//! Stage 5, what is wrong. Input: a [`Graph`](crate::graph::Graph). Output: findings.
