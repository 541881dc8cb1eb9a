#include "gateway.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <cstdlib>
#include <utility>

#include <rondeau/base/unique_fd.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/process/command.h>
#include <rondeau/task/spawn.h>

namespace conduit::test {

using namespace rondeau;

namespace {

/// It listens before the program runs: whoever connects waits until it accepts.
base::UniqueFd listening_socket(std::uint16_t& port) {
  base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(socket.get(), 128) == 0);
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return socket;
}

std::string table_for(std::uint16_t port) {
  return R"({"upstreams": {"blog": {"peers": ["http://127.0.0.1:)" + std::to_string(port) +
         R"("], "health": null}}, "routes": [{"upstream": "blog"}]})";
}

}  // namespace

std::optional<std::string> Gateway::program() {
  const char* program = std::getenv("CONDUIT_GATEWAY");
  return program == nullptr ? std::nullopt : std::optional<std::string>(program);
}

Gateway::Gateway(const std::string& program, std::shared_ptr<const routing::Dispatcher> blog) {
  auto listener = net::TcpListener::bind("127.0.0.1:0").value();
  const std::string table = folder_.put("gateway.json", table_for(listener.local_addr().value().port()));
  served_.emplace(spawn(serve(std::move(listener), std::move(blog), {.shutdown = stop_})));

  const base::UniqueFd socket = listening_socket(port_);
  process::Command command(program);
  command.args({"--profile", "dev", "--set", "routes.file=" + table, "--set", "admin.listen=", "--log-level", "warn"});
  command.pass_fds({{.name = "http", .fd = socket.get()}}).kill_on_drop();
  process_.emplace(command.spawn().value());
}

Task<Answer> Gateway::ask(Question question) {
  auto request = client_.request(question.method, "http://127.0.0.1:" + std::to_string(port_) + question.target);
  if (!question.token.empty()) std::move(request).header("authorization", "Token " + question.token);
  if (!question.body.empty()) std::move(request).body(std::move(question.body), question.type);
  for (const auto& [name, value] : question.fields) std::move(request).header(name, value);
  auto response = co_await std::move(request).send();
  if (!response) FAIL(response.error().message());
  Answer answer{http::code(response->status()), {}, {}};
  for (const auto& field : response->headers()) answer.fields.emplace_back(field.name, field.value);
  answer.body = (co_await response->text()).value();
  co_return answer;
}

Task<void> Gateway::end() {
  process_->signal(SIGTERM).value();
  const auto ended = co_await process_->wait();
  REQUIRE(ended.has_value());
  CHECK(ended->success());
  stop_.cancel();
  CHECK((co_await *std::move(served_)).value().has_value());
}

}  // namespace conduit::test
