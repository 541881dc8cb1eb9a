// Guards: conditions beside path and method, so that one pattern may have several handlers for one method.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/http/request.h>

namespace rondeau::routing {

/// A condition on a request. Thread safety: asked by any number of threads at once.
class Guard {
 public:
  /// What it means when no route is left: 404, 415 or 406.
  enum class Kind : std::uint8_t { Other, ContentType, Accept };

  explicit Guard(Kind kind) noexcept : kind_(kind) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  virtual ~Guard() = default;

  Kind kind() const noexcept { return kind_; }
  virtual bool passes(const http::Request& request) const = 0;
  /// What it looks at, for people; of ContentType the media types it lets through.
  virtual std::string to_string() const = 0;
  /// Whether to_string() tells all there is.
  virtual bool is_told() const { return true; }
  /// The field it looks at, for Vary; empty where an answer does not hang on one, or nobody knows.
  virtual std::string field() const { return {}; }
  /// Errors: InvalidArgument for a condition that is none; build() gives it.
  virtual Result<void> check() const { return {}; }

 private:
  const Kind kind_;
};

/// What `header()` makes: `router.get<"/x">(f).when(header("x-version", "2"))`.
struct HeaderGuard {
  std::string name;
  std::string value;
};
/// Passes a request that has one field of that name, which holds exactly this value.
inline HeaderGuard header(std::string name, std::string value) {
  return {std::move(name), std::move(value)};
}

template <class F>
concept GuardFunction = requires(const F& function, const http::Request& request) {
  { function(request) } -> std::same_as<bool>;
};

template <class F>
class FunctionGuard final : public Guard {
 public:
  explicit FunctionGuard(F function) : Guard(Kind::Other), function_(std::move(function)) {}
  bool passes(const http::Request& request) const override { return function_(request); }
  std::string to_string() const override { return "a function"; }
  bool is_told() const override { return false; }

 private:
  F function_;
};

std::shared_ptr<const Guard> make_guard(HeaderGuard guard);
/// The body's media type is one of these. `text/*` stands for all of text.
std::shared_ptr<const Guard> make_content_type_guard(std::initializer_list<std::string_view> types);
/// The client takes an answer of one of these media types.
std::shared_ptr<const Guard> make_accept_guard(std::initializer_list<std::string_view> types);
/// A range of Accept asks for that version: `application/json; version=v2`.
std::shared_ptr<const Guard> make_version_guard(std::string version);

/// How clients say which version of an API they want.
enum class VersionBy : std::uint8_t {
  Path,    ///< `/v2/…`
  Accept,  ///< `Accept: application/json; version=v2`
};
constexpr bool is_version_name(std::string_view name) noexcept {
  for (char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (!fits) return false;
  }
  return !name.empty() && name.front() != '.';
}

}  // namespace rondeau::routing

namespace rondeau {
using routing::header;
using routing::VersionBy;
}  // namespace rondeau
