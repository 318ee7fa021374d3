"""New files made of datasets: mended, converted, split, compared; pure, a line or a row at a time."""
