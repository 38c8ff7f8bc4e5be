# SPDX-License-Identifier: BSD-3-Clause
# One group of bars per line of $data, one bar per column; n: columns, low: where the y axis begins. Loaded by page.py after its own settings.
set terminal svg size 900,420 dynamic font 'sans-serif,13' background rgb 'white'
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set boxwidth 0.9
set key outside top center horizontal
set grid ytics
set yrange [low:*]
plot for [i=2:n+1] $data using i:xtic(1) title columnheader(i)
