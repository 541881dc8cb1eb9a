#include <rondeau/testing/recording.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/http/method.h>
#include <rondeau/json/json.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/text/utf8.h>

namespace rondeau::testing {
namespace {

/// As it stands in the file.
struct SavedBody {
  std::optional<std::string> text;
  std::optional<std::string> base64;
};
struct SavedRequest {
  std::string method;
  std::string target;
  std::vector<RecordedField> fields;
  SavedBody body;
};
struct SavedAnswer {
  std::uint16_t status = 0;
  std::vector<RecordedField> fields;
  std::optional<SavedBody> body;
};
struct SavedExchange {
  SavedRequest request;
  SavedAnswer answer;
};

SavedBody saved(const std::string& body) {
  if (text::is_utf8(body)) return {.text = body, .base64 = std::nullopt};
  return {.text = std::nullopt, .base64 = text::base64_encode(body)};
}

Result<std::string> restored(const SavedBody& body) {
  return body.base64 ? text::base64_decode(*body.base64) : Result<std::string>(body.text.value_or(""));
}

std::string in_single_quotes(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

/// Of C++. Octal, as a hexadecimal escape has no end.
std::string in_double_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      const auto digit = [byte](unsigned shift) { return static_cast<char>('0' + ((byte >> shift) & 7U)); };
      quoted += {'\\', digit(6), digit(3), digit(0)};
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

/// The same where bytes may be anything.
std::string in_source(const std::string& bytes) {
  if (bytes.find('\0') == std::string::npos) return in_double_quotes(bytes);
  return "std::string(" + in_double_quotes(bytes) + ", " + std::to_string(bytes.size()) + ")";
}

std::optional<std::string_view> field_of(const std::vector<RecordedField>& fields, std::string_view name) {
  for (const RecordedField& field : fields) {
    if (text::equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace

std::string Recording::to_json() const {
  const SavedExchange exchange{
      .request = {.method = method, .target = target, .fields = fields, .body = saved(body)},
      .answer = {.status = status,
                 .fields = answer_fields,
                 .body = answer ? std::optional(saved(*answer)) : std::nullopt},
  };
  return json::to_string(exchange).value();
}

Result<void> Recording::save(const std::string& path) const {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << to_json() << '\n';
  file.close();
  if (!file) return Error(Errc::Other, "cannot write " + path);
  return {};
}

Result<Recording> Recording::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(Errc::NotFound, "cannot read " + path);
  const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto exchange = json::parse<SavedExchange>(content);
  if (!exchange) return Error(Errc::InvalidData, path + " is no recording");
  Recording made;
  made.method = std::move(exchange->request.method);
  made.target = std::move(exchange->request.target);
  made.fields = std::move(exchange->request.fields);
  RONDEAU_TRY_PLAIN(made.body, restored(exchange->request.body));
  made.status = exchange->answer.status;
  made.answer_fields = std::move(exchange->answer.fields);
  if (exchange->answer.body) {
    RONDEAU_TRY_PLAIN(made.answer, restored(*exchange->answer.body));
  }
  return made;
}

TestRequest repeat(TestApp& app, const Recording& recording) {
  const auto method = http::parse_method(recording.method);
  if (!method) throw std::runtime_error("repeat: there is no method " + recording.method);
  TestRequest request = app.request(*method, recording.target);
  for (const RecordedField& field : recording.fields) request.header(field.name, field.value);
  if (!recording.body.empty()) request.body(recording.body);
  return request;
}

std::vector<std::string> differences(const Recording& recording, const TestResponse& answer) {
  std::vector<std::string> all;
  const unsigned status = http::code(answer.status());
  if (status != recording.status) {
    all.push_back("status: " + std::to_string(status) + ", not " + std::to_string(recording.status));
  }
  const auto type = answer.header("content-type");
  const auto before = field_of(recording.answer_fields, "content-type");
  if (type != before) {
    all.push_back("content-type: " + std::string(type.value_or("none")) + ", not " +
                  std::string(before.value_or("none")));
  }
  if (recording.answer && answer.body() != *recording.answer) all.push_back("body: " + answer.body());
  return all;
}

std::string to_curl(const Recording& recording, std::string_view base) {
  const bool is_text = recording.body.find('\0') == std::string::npos;
  std::string line;
  if (!is_text) line = "echo " + text::base64_encode(recording.body) + " | base64 -d | ";
  // Neither dots nor braces of the target are for curl to read.
  line += "curl -i --path-as-is -g";
  line += recording.method == "HEAD" ? " -I" : " -X " + recording.method;
  for (const RecordedField& field : recording.fields) {
    // An empty one ends in ';', or curl leaves it out.
    line += " -H " + in_single_quotes(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
  }
  if (!recording.body.empty()) {
    if (!field_of(recording.fields, "content-type")) line += " -H 'Content-Type:'";
    line += is_text ? " --data-raw " + in_single_quotes(recording.body) : " --data-binary @-";
  }
  return line + " " + in_single_quotes(std::string(base) + recording.target);
}

std::string to_test_case(const Recording& recording) {
  const std::string status = std::to_string(recording.status);
  std::string text =
      "TEST_CASE(" + in_double_quotes(recording.method + " " + recording.target + " is " + status) + ") {\n";
  text += "  TestApp app(routes());\n";
  text += "  const auto answer = app.request(*http::parse_method(" + in_double_quotes(recording.method) + "), " +
          in_double_quotes(recording.target) + ")\n";
  for (const RecordedField& field : recording.fields) {
    text += "      .header(" + in_double_quotes(field.name) + ", " + in_double_quotes(field.value) + ")\n";
  }
  if (!recording.body.empty()) text += "      .body(" + in_source(recording.body) + ")\n";
  text += "      .send();\n";
  text += "  CHECK(http::code(answer.status()) == " + status + ");\n";
  if (const auto type = field_of(recording.answer_fields, "content-type")) {
    text += "  CHECK(answer.header(\"content-type\") == " + in_double_quotes(*type) + ");\n";
  }
  if (recording.answer) text += "  CHECK(answer.body() == " + in_source(*recording.answer) + ");\n";
  return text + "}\n";
}

}  // namespace rondeau::testing
