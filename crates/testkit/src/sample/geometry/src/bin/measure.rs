use geometry::{area::total_area as total, Rectangle};

fn main() {
    let sides: Vec<u64> = std::env::args().skip(1).filter_map(|side| side.parse().ok()).collect();
    let shapes: Vec<Rectangle> =
        sides.chunks_exact(2).map(|pair| Rectangle::new(pair[0], pair[1])).collect();
    println!("total_area {}", total(&shapes));
}
