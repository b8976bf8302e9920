use geometry::{area_of, total_area, Area, Rectangle, Square, MAX_SIDE};

#[test]
fn areas_add_up() {
    let wide = Rectangle::new(4, 2);
    assert_eq!(total_area(&[wide.clone(), wide.turned()]), 16);
    assert_eq!(area_of!(Square::new(2), Square::new(3)), 13);
    assert!(!wide.is_empty());
}

#[test]
fn sides_are_limited() {
    assert_eq!(Square::new(MAX_SIDE + 1).area(), MAX_SIDE * MAX_SIDE);
    assert_eq!(geometry::Rectangle::new(0, 5).area(), 0);
}

#[test]
fn the_binary_says_what_it_measured() {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_measure")).args(["2", "3"]).output();
    assert_eq!(String::from_utf8(out.unwrap().stdout).unwrap(), "total_area 6\n");
}
