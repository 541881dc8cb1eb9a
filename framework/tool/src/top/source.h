// Source: the admin listener that is asked.
#pragma once

#include <string>

#include <rondeau/client/client.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/task/task.h>

#include "outcome.h"
#include "top/look.h"

namespace rondeau::tool::top {

/// Copyable; copies share connections. On a thread of a runtime.
class Source {
 public:
  /// `where`: "http://127.0.0.1:9090", "127.0.0.1:9090", "unix:/run/orders/admin.sock". Refused where it is none of
  /// these.
  static Outcome<Source> at(const std::string& where, Secret<std::string> token);

  const std::string& address() const noexcept { return address_; }
  /// Asks every page once. Errors: one sentence, also for a service that does not let us in. Cancellation: safe.
  Task<Outcome<Look>> look() const;

 private:
  Source(client::Client client, std::string address, Secret<std::string> token)
      : client_(std::move(client)), address_(std::move(address)), token_(std::move(token)) {}
  Task<Outcome<std::string>> page(std::string path) const;

  client::Client client_;
  std::string address_;
  Secret<std::string> token_;
};

}  // namespace rondeau::tool::top
