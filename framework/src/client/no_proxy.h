// NO_PROXY: hosts that are asked straight.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/ip_address.h>
#include <rondeau/base/result.h>
#include <rondeau/url/url.h>

namespace rondeau::client {

/// A parsed list; see Proxy::no_proxy().
class NoProxy {
 public:
  /// Errors: InvalidArgument naming the entry.
  static Result<NoProxy> parse(std::string_view list);

  bool matches(const url::Url& url) const noexcept;

 private:
  struct Entry {
    std::string name = {};  // in lower case, without dots at its ends; empty: a network
    base::IpAddress network = {};
    std::uint8_t prefix = 0;
    std::optional<std::uint16_t> port = {};
  };

  static std::optional<Entry> parse_entry(std::string_view text);

  bool all_ = false;
  std::vector<Entry> entries_;
};

}  // namespace rondeau::client
