// Call: one logical request, as its builder has put it together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/client/error.h>
#include <rondeau/client/redirect.h>
#include <rondeau/client/request_body.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/url/url.h>

namespace rondeau::client {

/// What is to be spoken on the connection instead.
struct UpgradeRequest {
  std::string protocol;
  /// Adds to the fields of each attempt.
  std::function<void(http::Headers&)> prepare = nullptr;
  /// Whether a 101 for that protocol keeps to what was asked for.
  std::function<Result<void>(const http::Headers&)> judge = nullptr;
};

struct Call {
  http::Method method = http::Method::Get;
  std::optional<url::Url> url;  ///< nothing: see fault
  http::Headers headers;
  std::vector<std::string> secret_fields;
  RequestBody body;
  std::optional<std::string> authority;
  bool expect_continue = false;
  std::optional<UpgradeRequest> upgrade;
  std::optional<Error> fault;  ///< what was wrong first

  // What differs from the client's options.
  std::optional<Duration> total;
  RedirectPolicy redirects;
  std::uint64_t max_body = 0;
  std::optional<Duration> read_timeout;
};

}  // namespace rondeau::client
