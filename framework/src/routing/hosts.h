// HostTable: from the host a request asks for to the tables of the router that is for it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rondeau::routing {

/// "api.example.org" and "*.example.org", which is every host below example.org but not itself. In lower case.
class HostTable {
 public:
  /// Whether `pattern` is a host, or a host behind `*.`; ports are none of it, and it ends in no dot.
  static bool is_pattern(std::string_view pattern) noexcept;

  /// `pattern` in lower case is new here.
  void insert(std::string pattern, std::size_t value);
  /// The value of the host in full, otherwise of the longest wildcard it lies below. The dot behind an absolute name
  /// does not count; a name of more than 255 bytes has none.
  std::optional<std::size_t> find(std::string_view authority) const;

 private:
  std::unordered_map<std::string, std::size_t> values_;
};

}  // namespace rondeau::routing
