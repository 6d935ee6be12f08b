// With t the tensions of the links, a body moves by m_i · (d_{i+1} t_{i+1} − d_i t_i), and so the links'
// errors e vanish, to first order, where K t = e: K_ii = d_i · (m_{i−1} + m_i) d_i, and beside the diagonal
// K_{i,i+1} = −d_i · m_i d_{i+1}. A link meets only its two neighbours: K is tridiagonal, and Thomas's
// elimination solves it in O(n).
//
// Bodies that move as one tie links together that lie far apart in the chain: where the cursor comes back to
// a spot, the links between must close to a ring. K has entries far from its diagonal then. It is still
// symmetric and positive, and multiplying by it is a sweep over the links, so conjugate gradients solve it,
// beginning from the chain's own solution and with the chain as preconditioner; they need about as many steps
// as there are rings near one another. A chain without such bodies is solved at once, as before.
#include "sampling/chain_solver.h"

#include <algorithm>
#include <numeric>

namespace osu {

namespace {

constexpr double softness = 1e-3;  // keeps a link between two bodies that cannot move solvable
constexpr int gradient_steps = 48;
constexpr double small_enough = 1e-6;  // energy, about px²: the links themselves are not as linear as that

double dot(Vec2 a, Vec2 b, Vec2 weight) {
    return static_cast<double>(a.x * b.x * weight.x) + static_cast<double>(a.y * b.y * weight.y);
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

// Of the chain alone, as if no bodies moved as one.
void ChainSolver::factorise(const System& system) {
    const auto& [d, error, mobility, partner] = system;
    pivot_.resize(d.size());
    ratio_.resize(d.size());
    Vec2 before{0, 0};  // mobility of the body before
    double pivot = 1, coupling = 0;
    for (size_t i = 0; i < d.size(); ++i) {
        const double own = dot(d[i], d[i], before) + dot(d[i], d[i], mobility[i]) + softness;
        ratio_[i] = coupling / pivot;
        pivot_[i] = pivot = own - ratio_[i] * coupling;
        if (i + 1 < d.size()) coupling = -dot(d[i], d[i + 1], mobility[i]);
        before = mobility[i];
    }
}

void ChainSolver::eliminate(const System& system, std::span<const double> right,
                            std::vector<double>& out) const {
    const size_t count = system.direction.size();
    out.resize(count);
    double before = 0;
    for (size_t i = 0; i < count; ++i) out[i] = before = right[i] - ratio_[i] * before;
    for (size_t i = count; i-- > 0;) {
        out[i] /= pivot_[i];
        if (i + 1 < count) out[i] -= ratio_[i + 1] * out[i + 1];
    }
}

void ChainSolver::pull(const System& system, std::span<const double> tension) {
    const size_t count = system.direction.size();
    pull_.assign(count, {0, 0});
    const auto sum_on = [&](size_t i) -> Vec2& {
        const int32_t partner = system.partner[i];
        return pull_[partner >= 0 ? static_cast<size_t>(partner) : i];
    };
    for (size_t i = 0; i < count; ++i) {
        const Vec2 force = system.direction[i] * static_cast<float>(tension[i]);
        sum_on(i) = sum_on(i) - force;
        if (i > 0) sum_on(i - 1) = sum_on(i - 1) + force;
    }
    for (size_t i = 0; i < count; ++i) pull_[i] = sum_on(i);
}

// out = K tension.
void ChainSolver::multiply(const System& system, std::span<const double> tension, std::vector<double>& out) {
    pull(system, tension);
    const auto& [d, error, mobility, partner] = system;
    out.resize(d.size());
    for (size_t i = 0; i < d.size(); ++i) {
        const double before = i > 0 ? dot(d[i], pull_[i - 1], mobility[i - 1]) : 0;
        out[i] = before - dot(d[i], pull_[i], mobility[i]) + softness * tension[i];
    }
}

// Conjugate gradients, from the chain's solution on.
void ChainSolver::correct(const System& system) {
    multiply(system, tension_, image_);
    residual_.resize(tension_.size());
    for (size_t i = 0; i < tension_.size(); ++i) residual_[i] = system.error[i] - image_[i];
    eliminate(system, residual_, step_);
    double energy = dot(residual_, step_);
    for (int i = 0; i < gradient_steps && energy > small_enough; ++i) {
        multiply(system, step_, image_);
        const double far = energy / dot(step_, image_);
        for (size_t k = 0; k < step_.size(); ++k) {
            tension_[k] += far * step_[k];
            residual_[k] -= far * image_[k];
        }
        eliminate(system, residual_, guess_);
        const double next = dot(residual_, guess_);
        for (size_t k = 0; k < step_.size(); ++k) step_[k] = guess_[k] + next / energy * step_[k];
        energy = next;
    }
}

std::span<const Vec2> ChainSolver::solve(const System& system) {
    factorise(system);
    eliminate(system, system.error, tension_);
    const auto alone = [](int32_t partner) { return partner < 0; };
    if (!std::all_of(system.partner.begin(), system.partner.end(), alone)) correct(system);
    pull(system, tension_);
    return pull_;
}

}  // namespace osu
