// CHECK_READY and the like: what a look at a task, or a Result, has to be; the value that was found is told.
//
// Where doctest was included before, a failure is one of its own and the test goes on. Else the process aborts with a
// sentence, or whoever set base::set_test_failure_handler is told.
#pragma once

#include <concepts>
#include <exception>
#include <source_location>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <rondeau/base/result.h>
#include <rondeau/base/test_failure.h>
#include <rondeau/test/manual.h>
#include <rondeau/time/timeout.h>

namespace rondeau::test {

/// The value as a failure shows it.
template <class T>
std::string describe(const T& value) {
  if constexpr (std::same_as<T, std::monostate>) {
    return "nothing";
  } else if constexpr (base::is_result<T>) {
    if (!value) return "the error " + describe(value.error());
    if constexpr (std::is_void_v<typename T::value_type>) {
      return "success";
    } else {
      return "the value " + describe(*value);
    }
  } else if constexpr (std::same_as<T, base::Errc>) {
    return std::string(base::to_string(value));
  } else if constexpr (requires { { value.message() } -> std::convertible_to<std::string_view>; }) {
    return std::string(value.message());
  } else if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::convertible_to<T, std::string_view>) {
    return '"' + std::string(std::string_view(value)) + '"';
  } else if constexpr (requires(std::ostream& out) { out << value; }) {
    std::ostringstream out;
    out << value;
    return out.str();
  } else if constexpr (requires { value.has_value(); *value; }) {
    return value.has_value() ? describe(*value) : "an empty optional";
  } else {
    return "a value that cannot be shown";
  }
}

/// The checks behind the macros: one is told `text`, what it looked at; true where it holds.
class Check {
 public:
  explicit Check(std::string_view text, std::source_location where = std::source_location::current()) noexcept
      : text_(text), where_(where) {}

  template <class T>
  bool ready(const Poll<T>& poll) const {
    return poll.is_ready() || failed("is pending, and should be ready");
  }
  template <class T, class U>
  bool ready(const Poll<T>& poll, const U& expected) const {
    return ready(poll) && equal("is ready with ", *poll, expected);
  }
  template <class T>
  bool pending(const Poll<T>& poll) const {
    return poll.is_pending() || failed("is ready with " + describe(*poll) + ", and should be pending");
  }
  template <class T, class E>
  bool ok(const base::Result<T, E>& result) const {
    return result.has_value() || failed("is " + describe(result) + ", and should be a value");
  }
  template <class T, class E, class U>
  bool ok(const base::Result<T, E>& result, const U& expected) const {
    return ok(result) && equal("is the value ", *result, expected);
  }
  template <class T, class E>
  bool err(const base::Result<T, E>& result) const {
    return !result.has_value() || failed("is " + describe(result) + ", and should be an error");
  }
  template <class T, class E, class U>
  bool err(const base::Result<T, E>& result, const U& expected) const {
    return err(result) && equal("is the error ", result.error(), expected);
  }
  /// The time of a timeout ran out.
  template <class T>
  bool elapsed(const base::Result<T, time::Elapsed>& result) const {
    return !result.has_value() || failed("is " + describe(result) + ", and its time should have run out");
  }
  template <class T>
  bool elapsed(const base::Result<T, base::Error>& result) const {
    if (!result && result.error() == base::Errc::TimedOut) return true;
    return failed("is " + describe(result) + ", and its time should have run out");
  }

 private:
  template <class T, class U>
  bool equal(std::string_view what, const T& found, const U& expected) const {
    if (found == expected) return true;
    return failed(std::string(what) + describe(found) + ", and should be " + describe(expected));
  }
  bool failed(const std::string& what) const {
    base::report_test_failure(std::string(text_) + ' ' + what, where_);
    return false;
  }

  std::string_view text_;
  std::source_location where_;
};

}  // namespace rondeau::test

// `CHECK_READY(task.poll(), 5)`: it is ready, and with 5.
#define CHECK_READY(...) static_cast<void>(::rondeau::test::Check(#__VA_ARGS__).ready(__VA_ARGS__))
#define CHECK_PENDING(...) static_cast<void>(::rondeau::test::Check(#__VA_ARGS__).pending(__VA_ARGS__))
#define CHECK_ELAPSED(...) static_cast<void>(::rondeau::test::Check(#__VA_ARGS__).elapsed(__VA_ARGS__))
#define CHECK_OK(...) static_cast<void>(::rondeau::test::Check(#__VA_ARGS__).ok(__VA_ARGS__))
#define CHECK_ERR(...) static_cast<void>(::rondeau::test::Check(#__VA_ARGS__).err(__VA_ARGS__))

#ifdef DOCTEST_LIBRARY_INCLUDED
namespace rondeau::test {
inline const base::TestFailureHandler before_doctest =
    base::set_test_failure_handler([](std::string_view sentence, std::source_location where) {
      ADD_FAIL_CHECK_AT(where.file_name(), static_cast<int>(where.line()), std::string(sentence));
    });
}  // namespace rondeau::test
#endif
