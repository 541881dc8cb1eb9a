// Recording: a request and its answer, kept in a file; asked again in a test, or by hand.
//
// A service that somebody tries out keeps what it is asked: `router.layer(testing::Recorder{{.folder = "recorded"}});`.
// A test asks again:
//
//     const Recording recording = Recording::load("recorded/000001.json").value();
//     CHECK(differences(recording, repeat(app, recording).send()).empty());
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/task/task.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/testing/test_response.h>

namespace rondeau::testing {

struct RecordedField {
  std::string name;
  std::string value;
};

struct Recording {
  std::string method = {};
  std::string target = {};
  std::vector<RecordedField> fields = {};  ///< without those about the connection and the length, and without secrets
  std::string body = {};
  std::uint16_t status = 0;
  std::vector<RecordedField> answer_fields = {};
  std::optional<std::string> answer = {};  ///< nullopt: it was a stream, or to HEAD

  /// A file of JSON; bodies that are not UTF-8 stand in base64. Blocks. Errors: what the system reports, InvalidData.
  static Result<Recording> load(const std::string& path);
  Result<void> save(const std::string& path) const;
  std::string to_json() const;
};

/// The same request, to be completed by what is secret, and sent.
///
/// Throws std::runtime_error for a method that nobody knows.
TestRequest repeat(TestApp& app, const Recording& recording);

/// What another answer has changed: status, content type, and body unless that was a stream. "status: 404, not 200"
std::vector<std::string> differences(const Recording& recording, const TestResponse& answer);

/// A line for a shell that sends it to `base`, as "http://127.0.0.1:8080".
std::string to_curl(const Recording& recording, std::string_view base);

/// The source text of a test case (doctest) that asks `routes()` and expects the same answer.
std::string to_test_case(const Recording& recording);

struct RecorderOptions {
  std::string folder = {};           ///< made where it is missing
  std::size_t max_body = 64 * 1024;  ///< bytes; a request with a longer body is not kept, nor one that says no length
  std::size_t most = 1000;           ///< so many are kept, then no more
};

/// A layer that keeps requests with their answers, in files that are numbered in the order of the answers.
///
/// For development: targets and bodies are kept as they are, whatever stands in them. Fields whose values stand in no
/// log (see observe::redact()) are left out. An answer of a stream or an upgrade is kept without its body. What cannot
/// be kept is told in the log, and answered all the same. Thread safety: any thread.
class Recorder {
 public:
  explicit Recorder(RecorderOptions options);
  task::Task<http::Response> operator()(http::Request request, handler::Next next) const;

 private:
  struct Inside;
  std::shared_ptr<Inside> inside_;
};

}  // namespace rondeau::testing
