// Asking: a request on its way and the answer as it comes, for who reads it whole and who reads it in pieces.
#pragma once

#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/http/method.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/testing/test_response.h>
#include <rondeau/testing/wire.h>

namespace rondeau::testing {

/// The request goes on being sent while the answer is read: either may wait for the other.
///
/// Throws std::runtime_error where what comes is no answer. Thread safety, lifetime: as TestApp.
class Asking {
 public:
  /// `name` is how messages call the request.
  Asking(TestApp& app, http::Method method, std::string name, std::string request);
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  /// Sends and takes what passes for now. Null: the head is not there yet.
  const TestResponse* look();
  bool is_complete() const noexcept { return reader_.is_complete(); }
  /// The service has ended the connection before that.
  bool is_cut() const noexcept { return ended_ && !is_complete(); }
  /// Waits for more to happen. False: nothing does until `end` on the clock.
  bool wait_until(Instant end);
  /// The whole answer, once it is complete.
  TestResponse take() { return reader_.next(method_, ended_).value(); }
  std::string take_body() { return reader_.take_body(); }
  [[noreturn]] void fail_as_cut() const;

  TestApp& app() noexcept { return app_; }
  Wire& wire() noexcept { return wire_; }
  const std::string& name() const noexcept { return name_; }

 private:
  TestApp& app_;
  const http::Method method_;
  const std::string name_;
  const std::string request_;
  std::string_view unsent_ = request_;
  Wire wire_;
  ResponseReader reader_;
  bool ended_ = false;
};

/// "90 s", for messages.
std::string in_seconds(Duration span);

}  // namespace rondeau::testing
