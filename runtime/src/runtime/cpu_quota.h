// How many CPUs this process may use.
#pragma once

#include <cstddef>
#include <filesystem>

namespace rondeau::runtime {

/// min(affinity mask, cgroup quota rounded up), at least 1. `root` is "/" except in tests.
std::size_t usable_cpus(const std::filesystem::path& root);
/// The quota alone, over our own group and every ancestor; 0 where there is none.
std::size_t cgroup_cpus(const std::filesystem::path& root);

}  // namespace rondeau::runtime
