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
std::string repeat(std::string_view& rest, std::string_view word) {
  std::size_t colon = rest.find(':');
  std::size_t end = rest.find('}');
  if (colon == std::string_view::npos || end == std::string_view::npos || end < colon) {
    throw std::runtime_error("bad \\{N:text}");
  }
  std::size_t times = std::stoul(std::string(rest.substr(0, colon)));
  std::string once = unescape_wire(rest.substr(colon + 1, end - colon - 1), word);
  rest.remove_prefix(end + 1);
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += once;
  return all;
}

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

struct Line {
  std::string place;
  std::string text;
};

/// A case as it is written: one, or one for each word.
struct Written {
  std::string name;
  std::string place;
  std::vector<std::string> words;
  std::vector<Line> lines;  // those with < and >
};

/// `\x00..\x08` stands for all bytes from the one to the other.
void add_words(std::string_view text, std::vector<std::string>& words) {
  std::istringstream parts{std::string(text)};
  for (std::string part; parts >> part;) {
    const std::size_t dots = part.find("..");
    if (dots != 4 || part.size() != 10 || !part.starts_with("\\x")) {
      words.push_back(part);
      continue;
    }
    const unsigned first = static_cast<unsigned char>(unescape_wire(part.substr(0, 4)).at(0));
    const unsigned last = static_cast<unsigned char>(unescape_wire(part.substr(6)).at(0));
    for (unsigned byte = first; byte <= last; ++byte) {
      constexpr std::string_view digits = "0123456789abcdef";
      words.push_back({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    }
  }
}

WireCase expand(const Written& written, const std::string* word) {
  WireCase wire;
  wire.name = word == nullptr ? written.name : written.name + ": " + *word;
  wire.place = written.place;
  const std::string bytes = word == nullptr ? "" : unescape_wire(*word);
  for (const Line& line : written.lines) {
    try {
      const std::string_view text = std::string_view(line.text).substr(2);
      if (line.text.starts_with("< ")) {
        wire.input += unescape_wire(text, bytes);
      } else {
        wire.verdicts.push_back(parse_verdict(text, bytes));
      }
    } catch (const std::exception& problem) {
      throw std::runtime_error(line.place + ": " + problem.what());
    }
  }
  if (wire.verdicts.empty()) throw std::runtime_error(wire.place + ": a case without verdict");
  return wire;
}

void read_table(const std::filesystem::path& path, std::vector<WireCase>& cases) {
  std::ifstream file(path);
  std::vector<Written> all;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string place = path.filename().string() + ":" + std::to_string(number);
    if (line.starts_with("case: ")) {
      all.push_back({.name = line.substr(6), .place = place, .words = {}, .lines = {}});
    } else if (line.starts_with("with: ") && !all.empty()) {
      add_words(std::string_view(line).substr(6), all.back().words);
    } else if ((line.starts_with("< ") || line.starts_with("> ")) && !all.empty()) {
      all.back().lines.push_back({place, line});
    } else if (!line.empty() && !line.starts_with('#')) {
      throw std::runtime_error(place + ": neither case, nor with, nor <, nor >");
    }
  }
  for (const Written& written : all) {
    if (written.words.empty()) cases.push_back(expand(written, nullptr));
    for (const std::string& word : written.words) {
      cases.push_back(expand(written, &word));
      cases.back().first = &word == &written.words.front();
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
  return cases;
}

std::string unescape_wire(std::string_view text, std::string_view word) {
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
        out += repeat(text, word);
        break;
      case '@':
        out += word;
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
