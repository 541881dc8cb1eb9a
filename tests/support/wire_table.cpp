#include "support/wire_table.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rondeau::testing {

namespace {

int hex(char c) {
  std::size_t at = std::string_view("0123456789abcdef").find(c);
  if (at == std::string_view::npos) throw std::runtime_error("bad \\x");
  return static_cast<int>(at);
}

/// `rest` stands behind "\{"; takes "N:text}" off its front.
std::string repeat(std::string_view& rest) {
  std::size_t colon = rest.find(':');
  std::size_t end = rest.find('}');
  if (colon == std::string_view::npos || end == std::string_view::npos || end < colon) {
    throw std::runtime_error("bad \\{N:text}");
  }
  std::size_t times = std::stoul(std::string(rest.substr(0, colon)));
  std::string once = unescape_wire(rest.substr(colon + 1, end - colon - 1));
  rest.remove_prefix(end + 1);
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += once;
  return all;
}

WireVerdict parse_verdict(std::string_view text) {
  // `body=` is the last word and runs to the end of the line, so that it may hold spaces.
  WireVerdict verdict;
  std::string head(text);
  if (std::size_t body = text.find(" body="); body != std::string_view::npos) {
    std::string_view content = text.substr(body + 6);
    if (std::size_t target = content.find(" target="); target != std::string_view::npos) {
      verdict.target = unescape_wire(content.substr(target + 8));
      content = content.substr(0, target);
    }
    verdict.body = unescape_wire(content);
    head = std::string(text.substr(0, body));
  }
  std::istringstream words(head);
  std::string word;
  words >> word;
  if (word == "none") return verdict;
  verdict.status = std::stoi(word);
  words >> word;
  if (word != "kept" && word != "closed") throw std::runtime_error("kept or closed is missing");
  verdict.kept = word == "kept";
  while (words >> word) {
    if (word.starts_with("length=")) {
      verdict.length = std::stoul(word.substr(7));
    } else if (word.starts_with("target=")) {
      verdict.target = unescape_wire(word.substr(7));
    } else {
      verdict.reason = word;
    }
  }
  if (verdict.status == 200 && !verdict.body && !verdict.length) verdict.body = "";
  return verdict;
}

void read_table(const std::filesystem::path& path, std::vector<WireCase>& cases) {
  std::ifstream file(path);
  std::string line;
  int number = 0;
  bool open = false;
  while (std::getline(file, line)) {
    ++number;
    std::string place = path.filename().string() + ":" + std::to_string(number);
    try {
      if (line.starts_with("case: ")) {
        cases.push_back({.name = line.substr(6), .place = place, .input = {}, .verdicts = {}});
        open = true;
      } else if (line.starts_with("< ") && open) {
        cases.back().input += unescape_wire(std::string_view(line).substr(2));
      } else if (line.starts_with("> ") && open) {
        cases.back().verdicts.push_back(parse_verdict(std::string_view(line).substr(2)));
      } else if (!line.empty() && !line.starts_with('#')) {
        throw std::runtime_error("neither case, nor <, nor >");
      }
    } catch (const std::exception& problem) {
      throw std::runtime_error(place + ": " + problem.what());
    }
  }
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
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<WireCase> cases;
  for (const auto& path : paths) read_table(path, cases);
  for (const WireCase& wire : cases) {
    if (wire.verdicts.empty()) throw std::runtime_error(wire.place + ": a case without verdict");
  }
  return cases;
}

std::string unescape_wire(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') {
      out += c;
      continue;
    }
    if (text.empty()) throw std::runtime_error("a backslash at the end");
    char kind = text.front();
    text.remove_prefix(1);
    switch (kind) {
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case '0':
        out += '\0';
        break;
      case '\\':
        out += '\\';
        break;
      case 'x':
        if (text.size() < 2) throw std::runtime_error("bad \\x");
        out += static_cast<char>(hex(text[0]) * 16 + hex(text[1]));
        text.remove_prefix(2);
        break;
      case '{':
        out += repeat(text);
        break;
      default:
        throw std::runtime_error(std::string("unknown escape \\") + kind);
    }
  }
  return out;
}

std::string escape_wire(std::string_view bytes) {
  constexpr std::size_t longest = 200;
  std::string out;
  for (char c : bytes.substr(0, longest)) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\\') {
      out += "\\\\";
    } else if (byte < 0x20 || byte >= 0x7F) {
      constexpr std::string_view digits = "0123456789abcdef";
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += c;
    }
  }
  if (bytes.size() > longest) out += "… (" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

}  // namespace rondeau::testing
