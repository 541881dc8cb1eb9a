// libpq has calls that wait on the calling thread. A search of the source shows that none is made on a worker.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view kBlocks[] = {
    "PQexec", "PQexecParams", "PQexecPrepared", "PQprepare", "PQdescribePrepared", "PQdescribePortal", "PQfn", "PQreset",
    "PQresetStart", "PQresetPoll", "PQconnectdb", "PQconnectdbParams", "PQsetdbLogin", "PQping", "PQpingParams",
    "PQrequestCancel", "PQendcopy", "PQgetline", "PQputline", "PQputnbytes", "PQencryptPasswordConn", "PQconndefaults",
    "lo_open", "lo_import", "lo_export"};
/// Called, but only by what runs on the blocking pool.
constexpr std::string_view kOnThePool[] = {"PQconnectStartParams", "PQconnectPoll", "PQcancel"};

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Calls of `name`, not of a longer one.
std::vector<std::size_t> calls(const std::string& text, std::string_view name) {
  std::vector<std::size_t> found;
  const std::string call = std::string(name) + '(';
  for (std::size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    if (before != '_' && (before < 'a' || before > 'z') && (before < 'A' || before > 'Z')) found.push_back(at);
  }
  return found;
}

TEST_CASE("postgres: no call of libpq's that waits is made anywhere") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(POSTGRES_SOURCES)) {
    const std::string text = read(entry.path());
    ++files;
    for (const std::string_view name : kBlocks) {
      CHECK_MESSAGE(calls(text, name).empty(), entry.path().filename().string(), " calls ", name);
    }
  }
  CHECK(files > 10);
}

TEST_CASE("postgres: calls of libpq's that may wait run on the blocking pool") {
  const std::string text = read(std::filesystem::path(POSTGRES_SOURCES) / "wire.cpp");
  for (const std::string_view name : kOnThePool) {
    const auto found = calls(text, name);
    REQUIRE_MESSAGE(found.size() == 1, name);
    // Within start() and poll(), which are given to blocking(), or within a lambda that is.
    const std::size_t line = text.rfind("\n}\n", found[0]);
    const std::string function = text.substr(line, found[0] - line);
    const bool is_job = function.find("Wire::start(") != std::string::npos || function.find("Wire::poll(") != std::string::npos ||
                        function.find("co_await blocking(") != std::string::npos;
    CHECK_MESSAGE(is_job, name);
  }
  for (const char* job : {"blocking([parameters = std::move(parameters)] { return start(parameters); })",
                          "blocking(poll, std::move(connection))"}) {
    CHECK(text.find(job) != std::string::npos);
  }
  CHECK(calls("x.PQexec(y)", "PQexec").size() == 1);
  CHECK(calls("PQexecParams(y)", "PQexec").empty());
}

}  // namespace
