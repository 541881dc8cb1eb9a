// From values to the parameters of one call, as libpq takes them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/value.h>

#include "postgres/types.h"

namespace rondeau::postgres {

/// What is wrong with a parameter.
struct EncodeFault {
  std::size_t parameter;  ///< from 1
  std::string what;
};

/// Parameters in the form of a call. Owns the bytes; the pointers lead into them.
///
/// Types are declared, since the server would infer others: an int8 where it expects an int4 is an error in binary.
/// Text is sent as text of no declared type, so that it fits enums and domains as well.
class Encoded {
 public:
  Encoded() = default;
  Encoded(const Encoded&) = delete;
  Encoded& operator=(const Encoded&) = delete;

  /// Holds these from now on, in the memory of those before.
  Result<void, EncodeFault> fill(std::span<const sql::Value> values);

  std::span<const TypeId> types() const noexcept { return types_; }
  std::span<const char* const> values() const noexcept { return values_; }
  std::span<const int> lengths() const noexcept { return lengths_; }
  std::span<const int> formats() const noexcept { return formats_; }

 private:
  std::string bytes_;
  std::vector<TypeId> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

}  // namespace rondeau::postgres
