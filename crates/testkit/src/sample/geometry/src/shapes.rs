use crate::area::Area;

/// The longest side that is allowed.
pub const MAX_SIDE: u64 = 1_000;

/// A rectangle, up to [`MAX_SIDE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rectangle {
    pub width: u64,
    pub height: u64,
}

impl Rectangle {
    /// A rectangle; longer sides are cut to [`MAX_SIDE`].
    pub fn new(width: u64, height: u64) -> Self {
        Rectangle { width: width.min(MAX_SIDE), height: height.min(MAX_SIDE) }
    }

    /// Turned by a quarter: see [`Rectangle::new`].
    pub fn turned(&self) -> Rectangle {
        let Rectangle { width, height } = *self;
        Self::new(height, width)
    }
}

impl Area for Rectangle {
    fn area(&self) -> u64 {
        self.width * self.height
    }
}

/// A square of this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Square(pub u64);

impl Square {
    /// Not the constructor of [`Rectangle`], although it has its name.
    pub fn new(side: u64) -> Self {
        Square(side.min(MAX_SIDE))
    }
}

impl Area for Square {
    fn area(&self) -> u64 {
        Rectangle::new(self.0, self.0).area()
    }
}
