#include "support/exchange_table.h"

#include <array>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "support/table_lines.h"

namespace rondeau::testing {

namespace {

using End = ExpectedAnswer::End;
using Kind = ExchangeTurn::Kind;

constexpr std::array<std::string_view, 7> kEnds = {"interim", "kept", "closed", "cut", "upgraded", "open", "ended"};

/// "200 kept body=x", "400 closed bad-byte", "100", "open".
ExpectedAnswer parse_answer(std::string_view text, std::string_view word) {
  ExpectedAnswer answer;
  std::string words(text);
  if (const std::size_t at = text.find(" body="); at != std::string_view::npos) {
    answer.body = unescape_wire(text.substr(at + 6), word);
    words = text.substr(0, at);
  }
  std::istringstream parts(words);
  std::string part;
  parts >> part;
  if (part == "open" || part == "ended") {
    answer.end = part == "open" ? End::Open : End::Ended;
    return answer;
  }
  answer.status = std::stoi(part);
  answer.end = End::Interim;
  while (parts >> part) {
    bool known = part == "head";
    answer.to_head |= known;
    for (std::size_t i = 0; i < kEnds.size(); ++i) {
      if (part != kEnds[i]) continue;
      answer.end = static_cast<End>(i);
      known = true;
    }
    if (!known) answer.reason = part;
  }
  if (answer.end == End::Interim && answer.status >= 200) throw std::runtime_error("what becomes of the connection?");
  return answer;
}

std::chrono::milliseconds parse_time(const std::string& text) {
  std::size_t digits = 0;
  const long number = std::stol(text, &digits);
  const std::string unit = text.substr(digits);
  if (unit != "s" && unit != "ms") throw std::runtime_error("a time is 30s or 1999ms");
  return std::chrono::milliseconds(unit == "s" ? number * 1000 : number);
}

void add_line(Exchange& exchange, char mark, std::string_view text, std::string_view word) {
  std::vector<ExchangeTurn>& turns = exchange.turns;
  const auto answer = [&]() -> ExpectedAnswer& {
    if (turns.empty() || turns.back().expected.empty()) throw std::runtime_error("a field of no answer");
    return turns.back().expected.back();
  };
  switch (mark) {
    case '!':
      exchange.whole |= text == "whole";
      exchange.part |= text == "part";
      exchange.alone |= text == "alone";
      if (text != "whole" && text != "part" && text != "alone") throw std::runtime_error("an unknown mark");
      break;
    case '<':
      if (turns.empty() || turns.back().kind != Kind::Send || !turns.back().expected.empty()) turns.emplace_back();
      turns.back().bytes += unescape_wire(text, word);
      break;
    case '~':
      turns.emplace_back();
      turns.back().kind = text == "fin" ? Kind::Finish : Kind::Wait;
      if (text != "fin") turns.back().time = parse_time(std::string(text));
      break;
    case '>':
      if (turns.empty()) throw std::runtime_error("an answer to nothing");
      turns.back().expected.push_back(parse_answer(text, word));
      break;
    case '+': {
      const std::size_t colon = text.find(": ");
      if (colon == std::string_view::npos) throw std::runtime_error("a field is `Name: value`");
      answer().fields.emplace_back(text.substr(0, colon), unescape_wire(text.substr(colon + 2), word));
      break;
    }
    default:
      answer().absent.emplace_back(unescape_wire(text, word));
  }
}

Exchange expand(const WrittenCase& written, std::string name, std::string_view word) {
  Exchange exchange;
  exchange.name = std::move(name);
  exchange.place = written.place;
  for (const TableLine& line : written.lines) {
    try {
      add_line(exchange, line.text[0], std::string_view(line.text).substr(2), word);
    } catch (const std::exception& problem) {
      throw std::runtime_error(line.place + ": " + problem.what());
    }
  }
  if (exchange.turns.empty() || exchange.turns.back().expected.empty()) {
    throw std::runtime_error(exchange.place + ": a case that ends without an answer");
  }
  return exchange;
}

}  // namespace

std::string ExpectedAnswer::describe() const {
  std::string text(kEnds.at(static_cast<std::size_t>(end)));
  if (status != 0) text = std::to_string(status) + " " + text;
  if (!reason.empty()) text += " " + reason;
  if (body) text += " body=" + escape_wire(*body);
  return text;
}

std::vector<Exchange> read_exchange_tables(const std::string& folder) {
  std::vector<Exchange> exchanges;
  for (const WrittenCase& written : read_table_lines(folder, "<>~+-!")) {
    bool first = true;
    for_each_word(written, [&](std::string name, std::string_view word) {
      exchanges.push_back(expand(written, std::move(name), word));
      exchanges.back().first = std::exchange(first, false);
    });
  }
  return exchanges;
}

}  // namespace rondeau::testing
