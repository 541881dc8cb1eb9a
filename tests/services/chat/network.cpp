#include "network.h"

namespace chat::test {

using namespace rondeau;

class Network::Endpoint final : public Exchange, public std::enable_shared_from_this<Endpoint> {
 public:
  Endpoint(Network& network, std::size_t id) : network_(network), id_(id) {}

  Listening listen(const std::string& room, Sink sink) override {
    sinks.insert_or_assign(room, std::move(sink));
    return std::shared_ptr<void>(nullptr,
                                 [self = shared_from_this(), room](std::nullptr_t) { self->sinks.erase(room); });
  }
  void tell(const std::string& room, const out::Event& event) override { network_.carry(id_, room, event); }
  Task<Result<void>> here(std::string room, std::vector<std::string> names) override {
    if (is_cut) co_return Error(Errc::NotConnected);
    for (std::string& name : names) network_.presence_[room][{id_, std::move(name)}] = Instant::now();
    co_return {};
  }
  Task<Result<void>> gone(std::string room, std::string name) override {
    if (is_cut) co_return Error(Errc::NotConnected);
    network_.presence_[room].erase({id_, std::move(name)});
    co_return {};
  }
  Task<Result<std::vector<std::string>>> members(std::string room) override {
    if (is_cut) co_return Error(Errc::NotConnected);
    std::set<std::string> names;
    for (const auto& [who, at] : network_.presence_[room]) {
      if (at.elapsed() <= std::chrono::seconds(45)) names.insert(who.second);
    }
    co_return std::vector<std::string>(names.begin(), names.end());
  }

  std::map<std::string, Sink> sinks;
  std::optional<std::pair<std::string, out::Event>> held;  // comes behind the next one
  bool is_cut = false;

 private:
  Network& network_;
  const std::size_t id_;
};

std::shared_ptr<Exchange> Network::connect() {
  return endpoints_.emplace_back(std::make_shared<Endpoint>(*this, endpoints_.size()));
}

void Network::cut(std::size_t instance) {
  endpoints_[instance]->is_cut = true;
}

void Network::mend(std::size_t instance) {
  Endpoint& endpoint = *endpoints_[instance];
  if (!std::exchange(endpoint.is_cut, false)) return;
  for (const auto& [room, sink] : std::map(endpoint.sinks)) sink(std::nullopt);
}

void Network::carry(std::size_t from, const std::string& room, const out::Event& event) {
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    Endpoint& to = *endpoints_[i];
    if (i == from) continue;
    if (endpoints_[from]->is_cut || to.is_cut || below(5) == 0) {
      ++lost_;
      continue;
    }
    if (!to.held && below(8) == 0) {
      to.held.emplace(room, event);
      continue;
    }
    hand_over(to, room, event);
    if (below(8) == 0) hand_over(to, room, event);
    if (auto late = std::exchange(to.held, std::nullopt)) hand_over(to, late->first, late->second);
  }
}

void Network::hand_over(Endpoint& to, const std::string& room, const out::Event& event) {
  if (const auto sink = to.sinks.find(room); sink != to.sinks.end()) sink->second(event);
}

}  // namespace chat::test
