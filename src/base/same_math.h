// Sines, angles and powers that have the same bits on every machine, whatever C library it has: they are made
// of operations that IEEE 754 rounds (+ − × ÷ √), in one order. Constraints on placed objects go on from each
// other's results, and there a last bit becomes another map; a browser's library and a system's differ in
// some. Errors are a few ulp of float64.
#pragma once

namespace osu {

struct Turn {
    double cosine = 1, sine = 0;
};

Turn turn_by(double angle);           // radians, up to 10⁶
double angle_of(double y, double x);  // as std::atan2; 0 where both are 0
double arc_cosine(double cosine);     // of [−1, 1], in radians
double exponential(double x);         // e^x for |x| ≤ 700; exactly 0 below

}  // namespace osu
