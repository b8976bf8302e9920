//! Shapes and their areas.
//!
//! ```
//! use geometry::{total_area, Rectangle};
//!
//! assert_eq!(total_area(&[Rectangle::new(2, 3)]), 6);
//! ```

pub mod area;
mod shapes;

pub use crate::area::{total_area, Area};
pub use shapes::{Rectangle, Square, MAX_SIDE};

/// The total area of any shapes, by [`total_area`].
#[macro_export]
macro_rules! area_of {
    ($($shape:expr),* $(,)?) => {
        0 $( + $crate::total_area(&[$shape]) )*
    };
}
