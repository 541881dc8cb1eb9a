// The file of routes, read again while the gateway serves.
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/signal/signal.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/select.h>
#include <rondeau/time/interval.h>

#include "app.h"

namespace gateway {
namespace {

using namespace rondeau;

struct Stamp {
  std::filesystem::file_time_type written;
  std::uintmax_t size = 0;
  bool operator==(const Stamp&) const = default;
};

/// Nothing where the file cannot be looked at, as between two renames.
std::optional<Stamp> stamp_of(const std::string& file) {
  std::error_code failed;
  const auto written = std::filesystem::last_write_time(file, failed);
  if (failed) return std::nullopt;
  const auto size = std::filesystem::file_size(file, failed);
  return failed ? std::nullopt : std::optional(Stamp{written, size});
}

/// All or nothing: the old table stays where the new one has mistakes.
Task<void> replace(std::string file, App app) {
  const std::shared_ptr<const Table> before = *app.tables->borrow();
  auto read = co_await blocking(read_gateway_file, file);
  Result<std::shared_ptr<const Table>> made = !read   ? Result<std::shared_ptr<const Table>>(Error(Errc::Overloaded, "no thread to read it"))
                                              : !*read ? Result<std::shared_ptr<const Table>>(read->error())
                                                       : Table::make(**read, before.get());
  app.counts->reloads.with({made ? "success" : "failure"}).add();
  if (!made) {
    log::error("the old routes stay", {{"file", file}, {"why", made.error().message()}});
    co_return;
  }
  log::info("routes replaced", {{"file", file}, {"routes", (*made)->routes()}, {"upstreams", (*made)->upstreams().size()}});
  app.tables->send_replace(*std::move(made));
}

}  // namespace

Task<void> keep_reading(std::string file, App app) {
  auto hang_up = signal::signal(signal::SignalKind::hangup());
  if (!hang_up) log::warn("SIGHUP is not heard", {{"why", hang_up.error().message()}});
  auto look = time::interval(std::chrono::seconds(1));
  auto seen = co_await blocking(stamp_of, file);
  for (;;) {
    bool told = false;
    if (hang_up) {
      const auto first = co_await select(look.tick(), hang_up->recv());
      told = first.index() == 1;
    } else {
      co_await look.tick();
    }
    const auto now = co_await blocking(stamp_of, file);
    const bool changed = now && *now && (!seen || *seen != *now);
    if (!told && !changed) continue;
    seen = now;
    co_await replace(file, app);
  }
}

}  // namespace gateway
