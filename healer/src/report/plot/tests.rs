use super::*;

fn bars(totals: &[u64]) -> Vec<Bar> {
    totals
        .iter()
        .map(|total| Bar {
            label: "24 Nov".to_owned(),
            parts: vec![(Ink::Good, *total / 2), (Ink::Bad, total - total / 2)],
            value: String::new(),
        })
        .collect()
}

fn drawn(shape: Shape, totals: &[u64], width: f32) -> Drawing {
    let plot = Plot {
        title: String::new(),
        description: String::new(),
        shape,
        bars: bars(totals),
        key: Vec::new(),
    };
    plot.draw(width)
}

#[test]
fn everything_lies_inside_whatever_the_numbers_are() {
    let many = vec![3; 93];
    let cases: [&[u64]; 6] = [&[], &[0, 0], &[1], &[7, 0, 4], &[u32::MAX.into(), 1], &many];
    for shape in [Shape::Columns, Shape::Rows] {
        for totals in cases {
            for width in [280.0, 499.0] {
                let drawing = drawn(shape, totals, width);
                for mark in &drawing.marks {
                    let (left, top, right, bottom) = match mark {
                        Mark::Box(x, y, wide, high, _) => (*x, *y, x + wide, y + high),
                        Mark::Rule(left, right, y) => (*left, *y, *right, *y),
                        Mark::Text { x, y, .. } => (*x, *y - LETTERS, *x, *y),
                    };
                    assert!(
                        left >= -0.1
                            && top >= -0.1
                            && right <= width + 0.1
                            && bottom <= drawing.height + 0.1,
                        "{mark:?} {totals:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn columns_are_as_high_as_their_numbers() {
    let drawing = drawn(Shape::Columns, &[2, 4, 8], 400.0);
    let room = (400.0 - 30.0) / 3.0;
    let heights = [0.0, 1.0, 2.0].map(|place| {
        let left = 30.0 + place * room;
        let parts = drawing.marks.iter().filter_map(|mark| match mark {
            Mark::Box(x, _, _, high, _) if (left..left + room).contains(x) => Some(*high),
            _ => None,
        });
        parts.sum::<f32>()
    });
    assert!((heights[2] - 2.0 * heights[1]).abs() < 0.01, "{heights:?}");
    assert!((heights[1] - 2.0 * heights[0]).abs() < 0.01, "{heights:?}");
}

#[test]
fn labels_of_many_columns_do_not_run_into_each_other() {
    let drawing = drawn(Shape::Columns, &[1; 93], 320.0);
    let mut labels: Vec<f32> = drawing
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Text { x, text, .. } if text == "24 Nov" => Some(*x),
            _ => None,
        })
        .collect();
    labels.sort_by(f32::total_cmp);
    assert!(labels.len() > 3);
    assert!(
        labels.windows(2).all(|pair| pair[1] - pair[0] > 36.0),
        "{labels:?}"
    );
}
