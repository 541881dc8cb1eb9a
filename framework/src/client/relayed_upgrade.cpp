#include "client/relayed_upgrade.h"

#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>

#include <rondeau/io/copy.h>
#include <rondeau/io/duplex.h>
#include <rondeau/response/unhandled.h>
#include <rondeau/task/spawn.h>

namespace rondeau::client {
namespace {

/// Bytes on their way, each way.
constexpr std::size_t kBuffered = 64 * 1024;

class MemoryUpgraded final : public http::UpgradedStream {
 public:
  explicit MemoryUpgraded(io::DuplexStream stream) noexcept : stream_(std::move(stream)) {}

  io::Stream& stream() noexcept override { return stream_; }
  std::string take_read_ahead() noexcept override { return {}; }
  /// Nobody drains a service that nobody serves.
  const sync::CancellationToken& draining() const noexcept override { return draining_; }
  /// Nothing is waited for in any case.
  void abort() noexcept override {}

 private:
  io::DuplexStream stream_;
  const sync::CancellationToken draining_;
};

task::Task<void> run_in_memory(http::UpgradePtr upgrade, io::DuplexStream stream, std::shared_ptr<void> keeps) {
  MemoryUpgraded upgraded(std::move(stream));
  try {
    co_await upgrade->run(upgraded);
  } catch (...) {
    const std::string what = response::describe_exception(std::current_exception());
    std::fprintf(stderr, "rondeau: an exception left an upgraded connection: %s\n", what.c_str());
  }
  // Nothing of the upgrade outlives what it may refer to.
  upgrade.reset();
  keeps.reset();
}

}  // namespace

task::Task<void> RelayedUpgrade::run(http::UpgradedStream& upgraded) {
  io::Stream& near = upgraded.stream();
  io::Stream& far = *switched_.stream;
  if (!co_await near.write_all(switched_.read_ahead)) co_return;
  const std::string early = upgraded.take_read_ahead();
  if (!co_await far.write_all(early)) co_return;
  if (!co_await io::copy_bidirectional(near, far)) upgraded.abort();
}

Switched begin_in_memory(http::UpgradePtr upgrade, std::shared_ptr<void> keeps) {
  auto [near, far] = io::duplex(kBuffered);
  task::spawn(run_in_memory(std::move(upgrade), std::move(near), std::move(keeps))).detach();
  return {.stream = std::move(far)};
}

}  // namespace rondeau::client
