// The application: what its handlers share, and its routes. main.cpp and the tests use the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/rondeau.h>
#include <rondeau/sync/watch.h>

#include "counts.h"
#include "table.h"

namespace gateway {

/// The newest table. A request takes it once, and keeps it.
using Tables = rondeau::WatchSender<std::shared_ptr<const Table>>;

struct App {
  std::shared_ptr<Tables> tables;
  std::shared_ptr<const Counts> counts;
};

rondeau::Router<App> routes(App app);

/// What the file says, made anew but for what is the same in `before`. The peers are being asked for their health. Errors:
/// the file's mistakes, a line each; Overloaded where no thread was free to read it.
rondeau::Task<rondeau::Result<std::shared_ptr<const Table>>> read_table(std::string file, std::shared_ptr<const Table> before);
/// Reads the file anew. One with mistakes changes nothing. Errors: its mistakes, a line each.
rondeau::Task<rondeau::Result<void>> read_again(std::string file, App app);
/// By which a file is known to have changed.
struct Stamp {
  std::filesystem::file_time_type written;
  std::uintmax_t size = 0;
  bool operator==(const Stamp&) const = default;
};
/// Nothing where the file cannot be looked at, as between two renames. Blocks.
std::optional<Stamp> stamp_of(const std::string& file);
/// Reads the file anew whenever it is another than that of `seen`, told in the log. Ends when it is cancelled.
rondeau::Task<void> keep_reading(std::string file, std::optional<Stamp> seen, App app);

}  // namespace gateway
