//! Areas.

/// What has an area.
pub trait Area {
    /// Its size in square units. [`crate::Rectangle`] multiplies its sides.
    fn area(&self) -> u64;

    /// Whether nothing fits inside.
    fn is_empty(&self) -> bool {
        self.area() == 0
    }
}

/// The sum of [`Area::area`] over the shapes.
///
/// ```
/// # use geometry::{area::total_area, Square};
/// assert_eq!(total_area(&[Square(2), Square(3)]), 13);
/// ```
pub fn total_area<S: Area>(shapes: &[S]) -> u64 {
    shapes.iter().map(Area::area).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Square;

    #[test]
    fn nothing_has_no_area() {
        assert_eq!(total_area::<Square>(&[]), 0);
        // A local variable under the name of the function.
        let total_area = super::total_area(&[Square(1)]);
        assert_eq!(total_area, 1);
    }
}
