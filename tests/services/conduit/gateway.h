// The gateway as a program of its own, in front of a blog: its tests pass there as well.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/client/client.h>
#include <rondeau/process/child.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/server/serve.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/join_handle.h>

#include "blog.h"
#include "support/temporary_directory.h"

namespace conduit::test {

class Gateway {
 public:
  /// The program that the environment names in CONDUIT_GATEWAY.
  static std::optional<std::string> program();

  /// Serves the blog over TCP, and starts the program before it. On a runtime.
  Gateway(const std::string& program, std::shared_ptr<const rondeau::routing::Dispatcher> blog);
  rondeau::Task<Answer> ask(Question question);
  /// Both have ended well.
  rondeau::Task<void> end();

 private:
  support::TemporaryDirectory folder_;
  rondeau::CancellationToken stop_;
  std::optional<rondeau::JoinHandle<rondeau::Result<rondeau::ServeReport>>> served_;
  std::optional<rondeau::process::Child> process_;
  rondeau::Client client_ = rondeau::Client::build().value();
  std::uint16_t port_ = 0;
};

}  // namespace conduit::test
