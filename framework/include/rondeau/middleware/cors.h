// Cors: which pages of other origins may read our answers (the CORS protocol of the Fetch standard).
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/http/method.h>

namespace rondeau::middleware {

/// Everything: `*` on the wire.
struct Any {
  explicit Any() = default;
};

/// The origins that are let in. Nobody, unless told.
class AllowOrigin {
 public:
  /// `origin` is as sent: compare all of it, never only its end.
  using Predicate = std::function<bool(std::string_view origin, const http::Request& request)>;

  AllowOrigin() = default;
  AllowOrigin(Any) : any_(true) {}  // NOLINT(google-explicit-constructor)
  /// Exactly these: "https://app.example.org", as browsers write it.
  AllowOrigin(std::initializer_list<std::string> origins) : exact_(origins) {}
  AllowOrigin(std::vector<std::string> origins) : exact_(std::move(origins)) {}  // NOLINT(google-explicit-constructor)
  template <class F>
    requires std::is_invocable_r_v<bool, const F&, std::string_view, const http::Request&>
  AllowOrigin(F predicate) : predicate_(std::move(predicate)) {}  // NOLINT(google-explicit-constructor)

  bool is_any() const noexcept { return any_; }
  /// Those that are given as they are.
  const std::vector<std::string>& exact() const noexcept { return exact_; }
  bool allows(std::string_view origin, const http::Request& request) const;
  /// Errors: InvalidArgument naming an origin that no browser sends.
  Result<void> check() const;

 private:
  bool any_ = false;
  std::vector<std::string> exact_;
  Predicate predicate_;
};

/// Names, or all of them.
template <class T>
class AllowList {
 public:
  AllowList() = default;
  AllowList(Any) : any_(true) {}  // NOLINT(google-explicit-constructor)
  AllowList(std::initializer_list<T> items) : items_(items) {}
  AllowList(std::vector<T> items) : items_(std::move(items)) {}  // NOLINT(google-explicit-constructor)

  bool is_any() const noexcept { return any_; }
  const std::vector<T>& items() const noexcept { return items_; }

 private:
  bool any_ = false;
  std::vector<T> items_;
};

struct CorsOptions {
  AllowOrigin allow_origin = {};
  AllowList<http::Method> allow_methods = {http::Method::Get, http::Method::Head, http::Method::Post};
  /// Fields that requests may carry beside those that pass without asking (Accept, Accept-Language, Content-Language
  /// and three forms of Content-Type). Authorization has to be named: `Any()` does not stand for it.
  AllowList<std::string> allow_headers = {};
  /// Fields of answers that a page may read beside Cache-Control, Content-Language, Content-Length, Content-Type,
  /// Expires, Last-Modified and Pragma.
  AllowList<std::string> expose_headers = {};
  /// Cookies and the like come along. Not together with `Any()`, for anything: build() refuses that.
  bool allow_credentials = false;
  /// A page on the internet may reach this service on a private network.
  bool allow_private_network = false;
  /// How long a browser may remember a preflight; nullopt leaves it to the browser (5 s).
  std::optional<std::chrono::seconds> max_age = std::chrono::minutes(10);
};

/// Tells browsers which pages may read the answers; without it none of another origin may.
///
///     router.layer(Cors({.allow_origin = {"https://app.example.org"}, .allow_credentials = true}));
///
/// It keeps nobody from sending: what must not be done on behalf of a foreign page is for Csrf. Answers preflights
/// itself, with 204: no handler and no layer inside of it sees them. All answers of the router carry the fields, its
/// 404s, 405s, 503s and the 500s of Catch included, and each says `Vary: Origin`. What a handler says about the same in
/// fields of its own is replaced. For a router or a nest, not for one route: preflights match none.
///
/// Errors (of build()): InvalidArgument.
class Cors {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::Cors;
  static constexpr bool kAfterCaught = true;
  static constexpr bool kRoutersOnly = true;

  explicit Cors(CorsOptions options);

  Result<void> check() const;
  /// Who is let in by name of nobody, or over plain HTTP.
  std::vector<std::string> remarks() const;
  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;

 private:
  struct Prepared;
  bool allow_origin(const http::Request& request, http::Response& response) const;

  std::shared_ptr<const Prepared> prepared_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::AllowOrigin;
using middleware::Any;
using middleware::Cors;
}  // namespace rondeau
