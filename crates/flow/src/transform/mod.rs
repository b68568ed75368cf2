//! **transform** changes values, element by element, into the shape that would leave.
