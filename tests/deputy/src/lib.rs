//! Nothing is built from here: the deputy is its tests, which try every row of every table, and snapshots of faces for review.
