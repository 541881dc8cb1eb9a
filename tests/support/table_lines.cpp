#include "support/table_lines.h"

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

void read_file(const std::filesystem::path& path, std::string_view marks, std::vector<WrittenCase>& all) {
  std::ifstream file(path);
  std::string line;
  bool open = false;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string place = path.filename().string() + ":" + std::to_string(number);
    if (line.starts_with("case: ")) {
      all.push_back({.name = line.substr(6), .place = place, .words = {}, .lines = {}});
      open = true;
    } else if (line.starts_with("with: ") && open) {
      add_words(std::string_view(line).substr(6), all.back().words);
    } else if (open && line.size() > 1 && line[1] == ' ' && marks.find(line[0]) != std::string_view::npos) {
      all.back().lines.push_back({place, line});
    } else if (!line.empty() && !line.starts_with('#')) {
      throw std::runtime_error(place + ": a line of no kind");
    }
  }
}

}  // namespace

std::vector<WrittenCase> read_table_lines(const std::string& folder, std::string_view marks) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<WrittenCase> all;
  for (const auto& path : paths) read_file(path, marks, all);
  return all;
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
