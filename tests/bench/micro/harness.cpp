#include "harness.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <vector>

namespace micro {
namespace {

double clock_nanoseconds() {
  static const bool cpu = std::getenv("MICRO_CPU") != nullptr;
  if (cpu) return cpu_nanoseconds();
  return static_cast<double>(std::chrono::steady_clock::now().time_since_epoch().count());
}

bool listed(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

Bench::Bench(runtime::Runtime runtime, std::string filter, std::string name)
    : runtime_(std::move(runtime)), filter_(std::move(filter)), name_(std::move(name)) {}

bool Bench::selected(std::string_view bench) const { return filter_.empty() || filter_ == "all" || listed(filter_, bench); }
bool Bench::asked_for(std::string_view bench) const { return listed(filter_, bench); }

void Bench::print(std::string_view bench, double value) const {
  std::printf("%s\t%.*s\t%.1f\n", name_.c_str(), static_cast<int>(bench.size()), bench.data(), value);
  std::fflush(stdout);
}

void Bench::run(std::string_view bench, double operations, int repetitions, const std::function<void()>& body) {
  if (!selected(bench)) return;
  body();
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) {
    const double begin = clock_nanoseconds();
    body();
    times.push_back((clock_nanoseconds() - begin) / operations);
  }
  std::sort(times.begin(), times.end());
  print(bench, times[times.size() / 2]);
}

void Bench::value(std::string_view bench, const std::function<double()>& measure) {
  if (selected(bench)) print(bench, measure());
}

double cpu_nanoseconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace micro
