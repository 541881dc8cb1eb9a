// Plays the tables of tests/conformance/exchanges against the whole server, cut in every way that must make no
// difference, and holds every answer to the rules that are about all of them.
#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/testing/test_app.h>

#include "exchange_service.h"
#include "support/exchange_table.h"
#include "support/table_lines.h"
#include "support/wire_ways.h"

using namespace rondeau;
using testing::Exchange;
using testing::ExchangeTurn;
using testing::ExpectedAnswer;
using testing::kBefore;
using testing::kMarker;
using testing::Pieces;
using End = ExpectedAnswer::End;
using Kind = ExchangeTurn::Kind;

namespace {

/// How the bytes of a turn are sent.
using Cutter = std::function<Pieces(std::size_t turn, std::string_view bytes)>;

/// RFC 9110 §5.6.7: Sun, 06 Nov 1994 08:49:37 GMT.
bool is_fixdate(std::string_view date) {
  constexpr std::string_view form = "Aaa, 00 Aaa 0000 00:00:00 GMT";
  return date.size() == form.size() && std::ranges::equal(date, form, [](char c, char f) {
           return f == '0'   ? c >= '0' && c <= '9'
                  : f == 'A' ? c >= 'A' && c <= 'Z'
                  : f == 'a' ? c >= 'a' && c <= 'z'
                             : c == f;
         });
}

/// What every answer keeps to, whatever it is. Empty: it does.
std::string broken_rule(const testing::TestResponse& answer, const ExpectedAnswer& expected) {
  const auto& fields = answer.headers();
  const bool interim = expected.status < 200;
  if (fields.count("content-length") + fields.count("transfer-encoding") > 1) return "framed twice (RFC 9112 §6.3)";
  if ((interim || expected.status == 204) &&
      (fields.contains("content-length") || fields.contains("transfer-encoding"))) {
    return "framed without a body (RFC 9110 §8.6, RFC 9112 §6.1)";
  }
  if (fields.contains("server")) return "Server, which is off (RFC 9110 §10.2.4)";
  if (interim && expected.status != 101) return fields.contains("date") ? "a Date in 1xx (RFC 9110 §6.6.1)" : "";
  if (fields.count("date") != 1 || !is_fixdate(*answer.header("date"))) return "no Date (RFC 9110 §6.6.1)";
  bool says_close = false;
  for (const auto& field : fields) says_close |= field.name == "Connection" && field.value == "close";
  if (expected.end != End::Cut && says_close != (expected.end == End::Closed)) return "Connection (RFC 9112 §9.6)";
  if (expected.reason.empty()) return {};
  if (answer.header("content-type") != "application/problem+json") return "no problem (RFC 9457)";
  if (expected.to_head || expected.reason == "problem") return {};
  return answer.body().find("\"" + expected.reason + "\"") == std::string::npos ? "another reason" : "";
}

std::string differs(const testing::TestResponse& answer, const ExpectedAnswer& expected) {
  if (static_cast<int>(http::code(answer.status())) != expected.status) {
    return "it is " + std::to_string(http::code(answer.status()));
  }
  for (const auto& [name, value] : expected.fields) {
    if (answer.header(name) != value) return name + " is " + std::string(answer.header(name).value_or("not there"));
  }
  for (const std::string& name : expected.absent) {
    if (answer.header(name)) return name + " is there";
  }
  if (expected.body && answer.body() != *expected.body) return "the body is " + answer.body();
  return broken_rule(answer, expected);
}

/// The client of one play.
class Player {
 public:
  explicit Player(TestApp& app) : app_(app), client_(app.connect()) {}

  /// A 100 that is not expected: who sends a body with a pause in it may be asked for the rest.
  void pass_over_continue() { passes_over_ = true; }

  void act(const ExchangeTurn& turn, const Pieces& pieces) {
    for (const std::string_view piece : pieces) {
      client_.send(piece);
      look();
    }
    if (turn.kind == Kind::Wait) app_.advance(turn.time);
    if (turn.kind == Kind::Finish) client_.finish();
    look();
  }

  /// Takes the answer off what came. Empty: it is as expected.
  std::string take(const ExpectedAnswer& expected) {
    const bool ended = client_.closed();
    if (passes_over_ && expected.status != 100) static_cast<void>(take_interim("100"));
    if (expected.end == End::Open || expected.end == End::Ended) {
      if (!came_.empty()) return "something came: " + came_;
      return ended == (expected.end == End::Ended) ? "" : ended ? "it is at its end" : "it is open";
    }
    if (expected.status < 200) {
      const auto interim = take_interim(std::to_string(expected.status));
      if (!interim) return "it did not come: " + came_;
      if (expected.end == End::Upgraded && came_ != expected.body.value_or("")) return "behind it came " + came_;
      if (expected.end == End::Upgraded) came_.clear();
      ExpectedAnswer head = expected;
      head.body.reset();
      return differs(*interim, head);
    }
    testing::ResponseReader reader;
    reader.feed(came_);
    if (expected.end == End::Cut) {
      if (!ended) return "it is not cut";
      if (reader.next(Method::Get, false)) return "it is complete";
      return differs_before_cut(expected);
    }
    const auto answer = reader.next(expected.to_head ? Method::Head : Method::Get, ended);
    if (!answer) return "it did not come: " + came_;
    came_ = reader.rest();
    if (!answer->informational().empty()) return "another answer came before it";
    return differs(*answer, expected);
  }

  const std::string& left() const { return came_; }
  bool closed() { return client_.closed(); }
  testing::Wire& client() { return client_; }

 private:
  void look() { came_ += client_.received(); }

  /// What is cut has a whole head, which is that of an answer to HEAD.
  std::string differs_before_cut(const ExpectedAnswer& expected) {
    testing::ResponseReader reader;
    reader.feed(came_);
    const auto head = reader.next(Method::Head, false);
    if (!head) return "it has no whole head: " + came_;
    came_.clear();
    ExpectedAnswer without_body = expected;
    without_body.body.reset();
    return differs(*head, without_body);
  }

  std::optional<testing::TestResponse> take_interim(std::string_view status) {
    const std::size_t end = came_.find("\r\n\r\n");
    if (end == std::string::npos || !came_.starts_with("HTTP/1.1 " + std::string(status))) return std::nullopt;
    testing::ResponseReader reader;
    reader.feed(came_.substr(0, end + 4) + "HTTP/1.1 204 \r\n\r\n");  // it tells of them with the answer behind them
    came_.erase(0, end + 4);
    const auto answer = reader.next(Method::Get, false);
    if (!answer || answer->informational().size() != 1) return std::nullopt;
    return answer->informational().front();
  }

  TestApp& app_;
  testing::Wire client_;
  std::string came_;
  bool passes_over_ = false;
};

/// A peer that goes on sending is read for a while, so that no reset takes the answer from it (RFC 9112 §9.6).
std::string lingers(TestApp& app, Player& player) {
  if (!player.closed()) return "the connection is open";
  if (!player.client().send("more")) return "the connection did not linger";
  app.advance(Limits().linger);
  return app.live_tasks() == 0 ? "" : "the connection lingers for ever";
}

std::string play(TestApp& app, const Exchange& exchange, const Cutter& cut, bool is_cut) {
  std::string wrong;
  {
    Player player(app);
    bool asks = false;
    for (std::size_t i = 0; i < exchange.turns.size() && wrong.empty(); ++i) {
      const ExchangeTurn& turn = exchange.turns[i];
      asks |= turn.bytes.find("100-continue") != std::string::npos;
      if (is_cut && asks) player.pass_over_continue();
      player.act(turn, cut(i, turn.bytes));
      for (const ExpectedAnswer& expected : turn.expected) {
        wrong = player.take(expected);
        if (wrong.empty()) continue;
        wrong = "expected " + expected.describe() + ", but " + wrong;
        break;
      }
      if (wrong.empty() && !turn.expected.empty() && !player.left().empty()) wrong = "too much came: " + player.left();
    }
    const End end = exchange.turns.back().expected.back().end;
    if (wrong.empty() && end == End::Closed) wrong = lingers(app, player);
    if (wrong.empty() && end == End::Cut && !player.closed()) wrong = "the connection is open";
    if (wrong.empty() && end == End::Kept && player.closed()) wrong = "the connection is at its end";
  }
  app.advance(Limits().linger);
  if (wrong.empty() && app.live_tasks() != 0) wrong = "a task was left behind";
  return wrong;
}

std::string play(TestApp& app, const Exchange& exchange) {
  return play(
      app, exchange, [](std::size_t, std::string_view bytes) { return Pieces{bytes}; }, false);
}

std::string play_one_by_one(TestApp& app, const Exchange& exchange) {
  return play(
      app, exchange, [](std::size_t, std::string_view bytes) { return testing::one_by_one(bytes); }, true);
}

std::string play_cut_in_two(TestApp& app, const Exchange& exchange) {
  for (std::size_t at = 0; at < exchange.turns.size(); ++at) {
    const std::string wrong =
        testing::cut_in_two(exchange.turns[at].bytes, exchange.turns[at].bytes.size() / 8 + 1, [&](const Pieces& cut) {
          return play(
              app, exchange, [&](std::size_t i, std::string_view bytes) { return i == at ? cut : Pieces{bytes}; },
              true);
        });
    if (!wrong.empty()) return wrong;
  }
  return {};
}

ExpectedAnswer served(std::string body) {
  ExpectedAnswer answer;
  answer.status = 200;
  answer.body = std::move(body);
  return answer;
}

/// A good request stands in front, in the same write, and another behind, which is served where the connection stays.
Exchange between_others(Exchange exchange) {
  ExchangeTurn& first = exchange.turns.front();
  ExchangeTurn& last = exchange.turns.back();
  const End end = last.expected.back().end;
  if (last.kind == Kind::Send && !exchange.part && (end == End::Kept || end == End::Closed)) {
    last.bytes += kMarker;
    if (end == End::Kept) last.expected.push_back(served("marker"));
  }
  if (first.kind == Kind::Send && !exchange.alone) {
    first.bytes.insert(0, kBefore);
    first.expected.insert(first.expected.begin(), served("before"));
  }
  return exchange;
}

template <class Check>
void for_each_exchange(Check check) {
  static const std::vector<Exchange> all = testing::read_exchange_tables(EXCHANGE_TABLES);
  REQUIRE(all.size() > 100);
  TestApp app(testing::exchange_service());
  for (const Exchange& exchange : all) {
    const std::string wrong = check(app, exchange);
    if (!wrong.empty()) FAIL_CHECK(exchange.place << ": " << exchange.name << ": " << testing::escape_wire(wrong));
  }
}

bool is_long(const Exchange& exchange) {
  return std::ranges::any_of(exchange.turns, [](const ExchangeTurn& turn) { return turn.bytes.size() > 4096; });
}

}  // namespace

TEST_CASE("server: every exchange of the tables goes as it is written") {
  for_each_exchange([](TestApp& app, const Exchange& exchange) { return play(app, exchange); });
}

TEST_CASE("server: exchanges go the same when their bytes come one by one") {
  for_each_exchange([](TestApp& app, const Exchange& exchange) -> std::string {
    if (exchange.whole || !exchange.first || is_long(exchange)) return {};
    return play_one_by_one(app, exchange);
  });
}

TEST_CASE("server: exchanges go the same when their bytes are cut in two anywhere") {
  for_each_exchange([](TestApp& app, const Exchange& exchange) -> std::string {
    if (exchange.whole || !exchange.first) return {};
    return play_cut_in_two(app, exchange);
  });
}

TEST_CASE("server: exchanges go the same between two good requests in the same write, and cut there, too") {
  for_each_exchange([](TestApp& app, const Exchange& exchange) -> std::string {
    const Exchange between = between_others(exchange);
    std::string wrong = play(app, between);
    if (!wrong.empty() || exchange.whole || !exchange.first || is_long(exchange)) return wrong;
    return play_one_by_one(app, between);
  });
}
