// Settings: a URL and options, checked, as parameters of a connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/postgres/options.h>
#include <rondeau/sql/error.h>
#include <rondeau/task/task.h>

#include "postgres/wire.h"

namespace rondeau::postgres {

/// A server that may be asked: several stand for one database.
struct Host {
  std::string name;  ///< a name or an address; or the folder of a Unix socket
  std::uint16_t port = 5432;

  bool is_socket() const noexcept { return name.starts_with('/') || name.starts_with('@'); }
};

/// Immutable, shared by the connections of a database.
class Settings {
 public:
  /// Errors: Config, in words without the password.
  static Result<Settings, sql::Error> make(const std::string& url, Options options);

  const Options& options() const noexcept { return options_; }
  const std::vector<Host>& hosts() const noexcept { return hosts_; }
  /// "shop on db.example:5432", for errors and logs.
  const std::string& description() const noexcept { return description_; }
  bool behind_transaction_pooler() const noexcept { return options_.pooler == Pooler::Transaction; }
  /// What the server stops a statement after.
  std::chrono::milliseconds server_timeout() const noexcept;

  /// Looks the hosts up and says what libpq is to be given. Errors: Connect, where no host has an address.
  Task<Result<Parameters, sql::Error>> parameters() const;

 private:
  Settings() = default;
  Result<void, sql::Error> read(const std::string& url);
  Result<void, sql::Error> choose_tls(const std::string& mode);
  std::string server_options() const;

  Options options_;
  std::vector<Host> hosts_;
  Parameters given_;  // of the URL, for libpq as they are
  std::string own_options_;
  std::string tls_mode_;
  std::string description_;
};

}  // namespace rondeau::postgres
