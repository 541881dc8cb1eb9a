#include "runtime/cpu_quota.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace rondeau::runtime {
namespace {

namespace fs = std::filesystem;

std::size_t cpus(long long quota, long long period) {
  return quota <= 0 || period <= 0 ? 0 : static_cast<std::size_t>((quota + period - 1) / period);
}

std::optional<long long> number_in(const fs::path& file) {
  std::ifstream in(file);
  long long value = 0;
  if (in >> value) return value;
  return std::nullopt;
}

/// cgroup v2: "max 100000" or "150000 100000".
std::size_t quota_v2(const fs::path& group) {
  std::ifstream in(group / "cpu.max");
  std::string quota;
  long long period = 0;
  if (!(in >> quota >> period) || quota == "max") return 0;
  return cpus(std::strtoll(quota.c_str(), nullptr, 10), period);
}

/// cgroup v1: -1 means none.
std::size_t quota_v1(const fs::path& group) {
  const auto quota = number_in(group / "cpu.cfs_quota_us");
  const auto period = number_in(group / "cpu.cfs_period_us");
  return quota && period ? cpus(*quota, *period) : 0;
}

std::size_t smallest_up_to(const fs::path& mount, std::string_view path, std::size_t (*quota)(const fs::path&)) {
  std::size_t smallest = 0;
  const auto take = [&](std::size_t value) {
    if (value != 0) smallest = smallest == 0 ? value : std::min(smallest, value);
  };
  for (fs::path relative(path.substr(path.starts_with('/') ? 1 : 0)); !relative.empty(); relative = relative.parent_path()) {
    take(quota(mount / relative));
  }
  take(quota(mount));
  return smallest;
}

bool lists(std::string_view controllers, std::string_view name) {
  while (!controllers.empty()) {
    const std::size_t comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == name) return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

}  // namespace

std::size_t cgroup_cpus(const fs::path& root) {
  std::ifstream in(root / "proc/self/cgroup");  // lines "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1)
  std::size_t smallest = 0;
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const std::string_view path = std::string_view(line).substr(second + 1);
    std::size_t found = 0;
    if (controllers.empty()) {
      found = smallest_up_to(root / "sys/fs/cgroup", path, quota_v2);
    } else if (lists(controllers, "cpu")) {
      found = smallest_up_to(root / "sys/fs/cgroup/cpu", path, quota_v1);
    }
    if (found != 0) smallest = smallest == 0 ? found : std::min(smallest, found);
  }
  return smallest;
}

std::size_t usable_cpus(const fs::path& root) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  std::size_t count = 1;
  if (::sched_getaffinity(0, sizeof(mask), &mask) == 0) count = static_cast<std::size_t>(CPU_COUNT(&mask));
  if (const std::size_t quota = cgroup_cpus(root); quota != 0) count = std::min(count, quota);
  return std::max<std::size_t>(count, 1);
}

}  // namespace rondeau::runtime
