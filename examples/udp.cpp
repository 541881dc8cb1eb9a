// Questions and answers in datagrams: asked again where no answer comes, and no answer believed that is another's.
// Run: build/examples/udp
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/net/udp_socket.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

// A message is a number of four bytes, which says what it answers, and text. A real protocol draws it by chance, since
// whoever guesses it can answer in the other's place.
constexpr std::size_t kHead = 4;
constexpr std::size_t kLongest = 512;  ///< bytes; longer ones are cut to pieces on many ways

std::string message(std::uint32_t number, std::string_view text) {
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(number >> shift & 0xff);
  return out.append(text);
}

/// Empty for what is no message: anybody can send anything.
std::optional<std::pair<std::uint32_t, std::string>> parse(std::span<const std::byte> bytes) {
  if (bytes.size() < kHead) return std::nullopt;
  std::uint32_t number = 0;
  for (const std::byte byte : bytes.first(kHead)) number = number << 8 | std::to_integer<std::uint32_t>(byte);
  std::string text;
  for (const std::byte byte : bytes.subspan(kHead)) text += static_cast<char>(byte);
  return std::pair(number, text);
}

/// Answers are no longer than questions: else a liar could make it send much to somebody who asked nothing.
Task<Result<void>> answer_all(net::UdpSocket socket) {
  std::array<std::byte, kLongest> room;
  int heard = 0;
  for (;;) {
    RONDEAU_TRY(const auto datagram, co_await socket.recv_from(room));
    const auto question = parse(std::span(room).first(datagram.size));
    if (!question || datagram.truncated) continue;
    if (++heard == 1) continue;  // for this example: the network loses the first one
    std::string text(question->second.rbegin(), question->second.rend());
    // One that cannot be sent to, or only now, is not ours to wait for; who asks will ask again.
    const std::string answer = message(question->first, text);
    static_cast<void>(socket.try_send_to(std::as_bytes(std::span(answer)), datagram.from));
  }
}

Task<Result<std::string>> await_answer(const net::UdpSocket& socket, std::uint32_t number) {
  std::array<std::byte, kLongest> room;
  for (;;) {
    RONDEAU_TRY(const auto datagram, co_await socket.recv(room));
    auto answer = parse(std::span(room).first(datagram.size));
    if (answer && answer->first == number) co_return std::move(answer->second);  // else: a late one, or a forged one
  }
}

Task<Result<std::string>> ask(SocketAddress server, std::uint32_t number, std::string text) {
  RONDEAU_TRY(const auto socket, net::UdpSocket::bind("127.0.0.1:0"));
  RONDEAU_TRY_VOID(socket.connect(server));  // from now on nobody else is heard
  Duration patience = 100ms;
  for (int attempt = 1; attempt <= 4; ++attempt, patience *= 2) {
    const std::string question = message(number, text);
    RONDEAU_TRY_VOID(co_await socket.send(std::as_bytes(std::span(question))));
    auto answer = co_await timeout(patience, await_answer(socket, number));
    if (answer) std::printf("answered at attempt %d\n", attempt);
    if (answer || answer.error() != Errc::TimedOut) co_return answer;
  }
  co_return Error(Errc::TimedOut, "ask " + server.to_string());
}

Task<Result<void>> show() {
  RONDEAU_TRY(auto socket, net::UdpSocket::bind("127.0.0.1:0"));
  RONDEAU_TRY(const auto address, socket.local_addr());
  auto server = spawn(answer_all(std::move(socket)));
  RONDEAU_TRY(const std::string answer, co_await ask(address, 7, "stressed"));
  std::printf("%s\n", answer.c_str());
  server.abort();
  co_return {};
}

}  // namespace

int main() {
  return run(show());
}
