#include "support/wire_table.h"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace rondeau::testing {

namespace {

WireVerdict parse_verdict(std::string_view text, std::string_view word) {
  // `body=` is the last word and runs to the end of the line, so that it may hold spaces.
  WireVerdict verdict;
  std::string head(text);
  if (std::size_t body = text.find(" body="); body != std::string_view::npos) {
    std::string_view content = text.substr(body + 6);
    if (std::size_t target = content.find(" target="); target != std::string_view::npos) {
      verdict.target = unescape_wire(content.substr(target + 8), word);
      content = content.substr(0, target);
    }
    verdict.body = unescape_wire(content, word);
    head = std::string(text.substr(0, body));
  }
  std::istringstream parts(head);
  std::string part;
  parts >> part;
  if (part == "none") return verdict;
  verdict.status = std::stoi(part);
  parts >> part;
  if (part != "kept" && part != "closed") throw std::runtime_error("kept or closed is missing");
  verdict.kept = part == "kept";
  while (parts >> part) {
    if (part.starts_with("length=")) {
      verdict.length = std::stoul(part.substr(7));
    } else if (part.starts_with("target=")) {
      verdict.target = unescape_wire(part.substr(7), word);
    } else {
      verdict.reason = part;
    }
  }
  if (verdict.status == 200 && !verdict.body && !verdict.length) verdict.body = "";
  return verdict;
}

WireCase expand(const WrittenCase& written, std::string name, std::string_view word) {
  WireCase wire;
  wire.name = std::move(name);
  wire.place = written.place;
  for (const TableLine& line : written.lines) {
    try {
      const std::string_view text = std::string_view(line.text).substr(2);
      if (line.text[0] == '<') {
        wire.input += unescape_wire(text, word);
      } else {
        wire.verdicts.push_back(parse_verdict(text, word));
      }
    } catch (const std::exception& problem) {
      throw std::runtime_error(line.place + ": " + problem.what());
    }
  }
  if (wire.verdicts.empty()) throw std::runtime_error(wire.place + ": a case without verdict");
  return wire;
}

}  // namespace

std::string WireVerdict::describe() const {
  if (status == 0) return "none";
  std::string text = std::to_string(status) + (kept ? " kept" : " closed");
  if (!reason.empty()) text += " " + reason;
  if (body) text += " body=" + escape_wire(*body);
  if (length) text += " length=" + std::to_string(*length);
  if (target) text += " target=" + escape_wire(*target);
  return text;
}

std::vector<WireCase> read_wire_tables(const std::string& folder) {
  std::vector<WireCase> cases;
  for (const WrittenCase& written : read_table_lines(folder, "<>")) {
    bool first = true;
    for_each_word(written, [&](std::string name, std::string_view word) {
      cases.push_back(expand(written, std::move(name), word));
      cases.back().first = std::exchange(first, false);
    });
  }
  return cases;
}

}  // namespace rondeau::testing
