// Which lines are made: one level for all targets, and others for some.
#include "observe/log_levels.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <rondeau/text/ascii.h>

namespace rondeau::observe::log {
namespace {

constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::size_t kLongestTarget = 64;

// Relaxed, both: a line more or less at the moment of the change.
std::atomic<Level> least{Level::Info};  // of all targets
std::atomic<bool> differ{false};        // targets have levels of their own

/// What set_levels() was told.
struct Levels {
  Level all = Level::Info;
  std::map<std::string, Level, std::less<>> targets;

  Level of(std::string_view target) const {
    const auto found = targets.find(target);
    return found == targets.end() ? all : found->second;
  }
};

/// Never destroyed: other threads may still log while the process ends.
class LevelTable {
 public:
  static LevelTable& instance() {
    static LevelTable* table = new LevelTable;
    return *table;
  }
  void set(Levels levels) {
    Level lowest = levels.all;
    for (const auto& [target, level] : levels.targets) lowest = std::min(lowest, level);
    const std::lock_guard lock(mutex_);
    differ.store(!levels.targets.empty(), std::memory_order_relaxed);
    least.store(lowest, std::memory_order_relaxed);
    levels_ = std::move(levels);
  }
  Level of(std::string_view target) {
    const std::lock_guard lock(mutex_);
    return levels_.of(target);
  }
  Levels get() {
    const std::lock_guard lock(mutex_);
    return levels_;
  }

 private:
  std::mutex mutex_;
  Levels levels_;  // guarded by mutex_
};

bool is_target(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestTarget && std::ranges::all_of(name, [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-' || c == '.';
  });
}

Error no_level(std::string_view part) {
  return Error(Errc::InvalidArgument, "must be trace, debug, info, warn, error or off, and levels of targets behind it, "
                                      "such as info,sql=debug; not \"" + std::string(part) + "\"");
}

Result<Levels> parse_levels(std::string_view spec) {
  Levels levels;
  bool has_all = false;
  for (std::size_t begin = 0; begin <= spec.size();) {
    const std::size_t end = std::min(spec.find(',', begin), spec.size());
    const std::string_view part = text::trim(spec.substr(begin, end - begin));
    const std::size_t equals = part.find('=');
    const bool names = equals != std::string_view::npos;
    Level level{};
    if (!parse_level(names ? part.substr(equals + 1) : part, level)) return no_level(part);
    if (names && !is_target(part.substr(0, equals))) return no_level(part);
    const bool fresh = names ? levels.targets.emplace(part.substr(0, equals), level).second : !has_all;
    if (!fresh) return Error(Errc::InvalidArgument, "\"" + std::string(part) + "\" says again what was said already");
    if (!names) {
      levels.all = level;
      has_all = true;
    }
    begin = end + 1;
  }
  return levels;
}

}  // namespace

std::string_view name_of(Level level) noexcept {
  return kNames[static_cast<std::size_t>(level)];
}

bool parse_level(std::string_view word, Level& level) noexcept {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (word == kNames[i]) {
      level = static_cast<Level>(i);
      return true;
    }
  }
  return false;
}

void set_level(Level level) noexcept {
  LevelTable::instance().set({level, {}});
}
Result<void> set_levels(std::string_view spec) {
  RONDEAU_TRY_PLAIN(Levels levels, parse_levels(spec));
  LevelTable::instance().set(std::move(levels));
  return {};
}
Result<void> check_levels(std::string_view spec) {
  if (const auto levels = parse_levels(spec); !levels) return levels.error();
  return {};
}
std::string levels() {
  const Levels now = LevelTable::instance().get();
  std::string spec(name_of(now.all));
  for (const auto& [target, level] : now.targets) {
    spec.append(",").append(target).append("=").append(name_of(level));
  }
  return spec;
}
Level level() noexcept {
  return least.load(std::memory_order_relaxed);
}
bool is_enabled(Level line_level, std::string_view target) noexcept {
  if (line_level < level()) return false;
  return !differ.load(std::memory_order_relaxed) || line_level >= LevelTable::instance().of(target);
}

}  // namespace rondeau::observe::log
