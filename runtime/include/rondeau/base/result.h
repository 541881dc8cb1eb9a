// Result<T, E>: the names and meaning of std::expected, which C++20 does not have, with one difference:
// it converts implicitly from its error type, and between error types that convert.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/base/error.h>

namespace rondeau::base {

template <class T, class E = Error>
class Result;

/// Wraps an error so that it converts to any Result whose error type takes it.
template <class E>
struct Unexpected {
  E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

/// Thrown by Result::value() when there is none. `what()` is the error's message, where it has one, and the place.
class BadResultAccess : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// "connect 10.0.0.7:5432: connection refused", or that there is an error.
template <class E>
std::string text_of_error(const E& error) {
  if constexpr (requires { std::string(error.message()); }) {
    return std::string(error.message());
  } else {
    return "it holds an error";
  }
}

template <class E>
[[noreturn]] void throw_bad_result(const E& error, std::source_location where) {
  throw BadResultAccess(text_of_error(error) + " (value() at " + where.file_name() + ':' + std::to_string(where.line()) +
                        ')');
}

template <class E>
[[noreturn, gnu::cold]] void fail_bad_result(E error) noexcept {
  fail(("a Result without a value was read: " + text_of_error(error)).c_str());
}

template <class T>
inline constexpr bool is_result = false;
template <class T, class E>
inline constexpr bool is_result<Result<T, E>> = true;

/// Either a value or an error.
///
/// `if (result)` asks, `*result` and `result->` read the value (unchecked in release builds), `.error()` the error,
/// `.value()` reads or throws BadResultAccess, which says where: for main and quick programs.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  Result() requires std::default_initializable<T> : has_value_(true) { std::construct_at(&value_); }

  template <class U = T>
    requires(std::constructible_from<T, U> &&
             (!is_result<std::remove_cvref_t<U>> || std::same_as<std::remove_cvref_t<U>, T>) &&
             !std::same_as<std::remove_cvref_t<U>, E> && !std::same_as<std::remove_cvref_t<U>, Unexpected<E>> &&
             !(std::convertible_to<U, E> && !std::convertible_to<U, T>))
  explicit(!std::convertible_to<U, T>) Result(U&& value) : has_value_(true) {
    std::construct_at(&value_, std::forward<U>(value));
  }

  template <class G>
    requires(std::convertible_to<G, E> && !is_result<std::remove_cvref_t<G>> && !std::convertible_to<G, T>)
  Result(G&& error) : has_value_(false) {
    std::construct_at(&error_, std::forward<G>(error));
  }

  template <class G>
    requires std::constructible_from<E, G>
  Result(Unexpected<G> error) : has_value_(false) {
    std::construct_at(&error_, std::move(error.error));
  }

  template <class U, class G>
    requires(std::convertible_to<U, T> && std::convertible_to<G, E> && !(std::same_as<U, T> && std::same_as<G, E>) &&
             !std::same_as<Result<U, G>, T>)
  Result(Result<U, G> other) : has_value_(other.has_value()) {
    if (has_value_) {
      std::construct_at(&value_, std::move(*other));
    } else {
      std::construct_at(&error_, std::move(other).error());
    }
  }

  Result(const Result& other) : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(&value_, other.value_);
    } else {
      std::construct_at(&error_, other.error_);
    }
  }
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_constructible_v<E>)
      : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(&value_, std::move(other.value_));
    } else {
      std::construct_at(&error_, std::move(other.error_));
    }
  }
  Result& operator=(Result other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  ~Result() {
    if (has_value_) {
      std::destroy_at(&value_);
    } else {
      std::destroy_at(&error_);
    }
  }

  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }

  T& operator*() & noexcept { return check(), value_; }
  const T& operator*() const& noexcept { return check(), value_; }
  T&& operator*() && noexcept { return check(), std::move(value_); }
  T* operator->() noexcept { return check(), std::addressof(value_); }
  const T* operator->() const noexcept { return check(), std::addressof(value_); }

  T& value(std::source_location where = std::source_location::current()) & { return require(where), value_; }
  const T& value(std::source_location where = std::source_location::current()) const& { return require(where), value_; }
  T&& value(std::source_location where = std::source_location::current()) && {
    return require(where), std::move(value_);
  }

  E& error() & noexcept { return check_error(), error_; }
  const E& error() const& noexcept { return check_error(), error_; }
  E&& error() && noexcept { return check_error(), std::move(error_); }

  template <class U>
  T value_or(U&& other) && {
    return has_value_ ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  T value_or(U&& other) const& {
    return has_value_ ? value_ : static_cast<T>(std::forward<U>(other));
  }

  template <class F>
  auto transform(F&& f) && -> Result<std::remove_cvref_t<std::invoke_result_t<F, T&&>>, E> {
    if (!has_value_) return Unexpected<E>{std::move(error_)};
    if constexpr (std::is_void_v<std::invoke_result_t<F, T&&>>) {
      return std::invoke(std::forward<F>(f), std::move(value_)), Result<void, E>();
    } else {
      return std::invoke(std::forward<F>(f), std::move(value_));
    }
  }
  template <class F>
  auto and_then(F&& f) && -> std::remove_cvref_t<std::invoke_result_t<F, T&&>> {
    if (!has_value_) return Unexpected<E>{std::move(error_)};
    return std::invoke(std::forward<F>(f), std::move(value_));
  }
  template <class F>
  auto transform_error(F&& f) && -> Result<T, std::remove_cvref_t<std::invoke_result_t<F, E&&>>> {
    if (has_value_) return std::move(value_);
    return Unexpected{std::invoke(std::forward<F>(f), std::move(error_))};
  }

 private:
  // Moves the error out: an address that went elsewhere would keep a coroutine's Result in its frame across a co_await.
  void check() noexcept {
#ifndef NDEBUG
    if (!has_value_) fail_bad_result(std::move(error_));
#endif
  }
  void check() const noexcept {
#ifndef NDEBUG
    if (!has_value_) fail_bad_result(error_);
#endif
  }
  void check_error() const noexcept { RONDEAU_DEBUG_ASSERT(!has_value_); }
  void require(std::source_location where) const {
    if (!has_value_) throw_bad_result(error_, where);
  }

  union {
    T value_;
    E error_;
  };
  bool has_value_;
};

/// Success without a value, or an error.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() noexcept = default;
  template <class G>
    requires(std::convertible_to<G, E> && !is_result<std::remove_cvref_t<G>>)
  Result(G&& error) : error_(std::in_place, std::forward<G>(error)) {}
  template <class G>
    requires std::constructible_from<E, G>
  Result(Unexpected<G> error) : error_(std::in_place, std::move(error.error)) {}
  template <class G>
    requires(std::convertible_to<G, E> && !std::same_as<G, E>)
  Result(Result<void, G> other) {
    if (!other) error_.emplace(std::move(other).error());
  }

  bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return !error_; }
  void operator*() const noexcept {}
  void value(std::source_location where = std::source_location::current()) const {
    if (error_) throw_bad_result(*error_, where);
  }
  E& error() & noexcept { return *error_; }
  const E& error() const& noexcept { return *error_; }
  E&& error() && noexcept { return std::move(*error_); }

 private:
  std::optional<E> error_;
};

}  // namespace rondeau::base

namespace rondeau {
using base::Result;
using base::Unexpected;
}  // namespace rondeau

/// A Result is no coroutine; who makes it one has written RONDEAU_TRY in a plain function.
template <class T, class E, class... A>
struct std::coroutine_traits<rondeau::base::Result<T, E>, A...> {
  static_assert(sizeof(T*) == 0,
                "rondeau: a plain function passes an error on with RONDEAU_TRY_PLAIN; RONDEAU_TRY is for coroutines, such "
                "as a Task<Result<T>>");
};

#define RONDEAU_CONCAT_(a, b) a##b
#define RONDEAU_CONCAT(a, b) RONDEAU_CONCAT_(a, b)
#define RONDEAU_TRY_(name, declaration, return_word, ...)                              \
  auto&& name = __VA_ARGS__;                                                           \
  if (!name) [[unlikely]]                                                              \
    return_word ::rondeau::base::Unexpected{std::move(name).error()};                  \
  declaration = *std::move(name)

/// In a coroutine: `RONDEAU_TRY(auto n, co_await stream.read_some(buffer));` declares n, or ends with the error.
/// It is a declaration: one a line. `RONDEAU_TRY_VOID(co_await …);` where there is no value.
#define RONDEAU_TRY(declaration, ...) \
  RONDEAU_TRY_(RONDEAU_CONCAT(rondeau_result_, __COUNTER__), declaration, co_return, __VA_ARGS__)
/// The same in a plain function.
#define RONDEAU_TRY_PLAIN(declaration, ...) \
  RONDEAU_TRY_(RONDEAU_CONCAT(rondeau_result_, __COUNTER__), declaration, return, __VA_ARGS__)
/// For a Result<void> in a coroutine.
#define RONDEAU_TRY_VOID(...)                                                                       \
  do {                                                                                              \
    if (auto rondeau_result = __VA_ARGS__; !rondeau_result) [[unlikely]]                            \
      co_return ::rondeau::base::Unexpected{std::move(rondeau_result).error()};                     \
  } while (false)
/// For a Result<void> in a plain function.
#define RONDEAU_TRY_VOID_PLAIN(...)                                                                 \
  do {                                                                                              \
    if (auto rondeau_result = __VA_ARGS__; !rondeau_result) [[unlikely]]                            \
      return ::rondeau::base::Unexpected{std::move(rondeau_result).error()};                        \
  } while (false)
