// Listener: the admin listener, on a thread and a runtime of its own, so that it answers when all workers are stuck.
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/server/listener.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/task.h>

#include "admin/terms.h"
#include "service/socket_file.h"

namespace rondeau::admin {

/// Answers until it is destroyed, which takes a second at most where a request is under way. Its connections, 32 at
/// most, count for no limit of another server.
///
/// Thread safety: any thread, but for its end.
class Listener {
 public:
  /// Listens, on the socket that was inherited if there is one. Blocks for as long as that takes, so not on a worker.
  /// Errors: those of the system, with the address.
  static Result<std::unique_ptr<Listener>> start(Terms terms, std::optional<base::UniqueFd> inherited,
                                                 std::shared_ptr<const routing::Dispatcher> pages);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  /// Where it listens; the port is the one it got.
  const std::string& address() const noexcept { return address_; }
  /// A second descriptor of its socket, for a successor.
  Result<base::UniqueFd> duplicate() const;
  /// A successor has the socket: from now on only connections that are there are answered.
  void hand_over() noexcept;

 private:
  Listener() = default;
  void live(Terms terms, std::optional<base::UniqueFd> inherited, std::shared_ptr<const routing::Dispatcher> pages,
            std::promise<Result<void>> started);
  Task<void> serve(Terms terms, std::optional<base::UniqueFd> inherited,
                   std::shared_ptr<const routing::Dispatcher> pages, std::promise<Result<void>> started);
  Task<Result<server::Listener>> open(Terms terms, std::optional<base::UniqueFd> inherited);

  std::string address_;    // fixed before start() returns, as is socket_
  base::UniqueFd socket_;  // a second descriptor
  std::mutex mutex_;
  std::optional<service::SocketFile> file_;  // guarded by mutex_
  const sync::CancellationToken shutdown_;
  const sync::CancellationToken handed_over_;
  std::thread thread_;
};

}  // namespace rondeau::admin
