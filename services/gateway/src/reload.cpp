// The file of routes, read again while the gateway serves.
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/task/blocking.h>
#include <rondeau/time/interval.h>

#include "app.h"

namespace gateway {
namespace {

using namespace rondeau;

Result<std::shared_ptr<const Table>> make_table(std::string file, std::shared_ptr<const Table> before) {
  RONDEAU_TRY_PLAIN(const GatewayFile read, read_gateway_file(file));
  return Table::make(read, before.get());
}

}  // namespace

std::optional<Stamp> stamp_of(const std::string& file) {
  std::error_code failed;
  const auto written = std::filesystem::last_write_time(file, failed);
  if (failed) return std::nullopt;
  const auto size = std::filesystem::file_size(file, failed);
  return failed ? std::nullopt : std::optional(Stamp{written, size});
}

Task<Result<std::shared_ptr<const Table>>> read_table(std::string file, std::shared_ptr<const Table> before) {
  RONDEAU_TRY(auto made, co_await blocking(make_table, std::move(file), before));
  if (made) (*made)->watch_health(before.get());
  co_return made;
}

Task<Result<void>> read_again(std::string file, App app) {
  const std::shared_ptr<const Table> before = *app.tables->borrow();
  auto made = co_await read_table(file, before);
  app.counts->reloads.with({made ? "success" : "failure"}).add();
  if (!made) co_return std::move(made).error();
  log::info("routes replaced", {{"file", file}, {"routes", (*made)->routes()}, {"upstreams", (*made)->upstreams().size()}});
  app.tables->send_replace(*std::move(made));
  co_return {};
}

Task<void> keep_reading(std::string file, std::optional<Stamp> seen, App app) {
  auto look = time::interval(std::chrono::seconds(1));
  for (;;) {
    co_await look.tick();
    const auto now = co_await blocking(stamp_of, file);
    if (!now || !*now || seen == *now) continue;
    seen = *now;
    if (const auto done = co_await read_again(file, app); !done) {
      log::error("the old routes stay", {{"file", file}, {"why", done.error().message()}});
    }
  }
}

}  // namespace gateway
