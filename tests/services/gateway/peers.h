// Peers in memory, each a function, and a gateway in front of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/client/client.h>
#include <rondeau/json/json.h>
#include <rondeau/observe/metrics.h>
#include <rondeau/rondeau.h>

#include "app.h"

namespace support {

using namespace rondeau;

using PeerFunction = std::function<Task<Result<Response>>(Request)>;

/// The peer "one" is http://peers/one: its name is the first segment of the path.
class Peers {
 public:
  PeerFunction& operator[](const std::string& name) { return book_->functions[name]; }
  /// The names of those that were asked, in order; health checks are not counted.
  std::string take_asked() {
    std::string all;
    for (const std::string& name : std::exchange(book_->asked, {})) all += (all.empty() ? "" : " ") + name;
    return all;
  }

  Client client() const {
    return Client::mock([book = book_](Request request) -> Task<Result<Response>> {
      const std::string_view path = request.path().substr(1);
      const std::string name(path.substr(0, path.find('/')));
      if (!path.ends_with("/readyz")) book->asked.push_back(name);
      const auto found = book->functions.find(name);
      if (found == book->functions.end()) co_return Error(Errc::ConnectionRefused);
      co_return co_await found->second(std::move(request));
    });
  }

 private:
  struct Book {
    std::map<std::string, PeerFunction> functions;
    std::vector<std::string> asked;
  };
  std::shared_ptr<Book> book_ = std::make_shared<Book>();
};

inline PeerFunction says(std::string text, StatusCode status = StatusCode::Ok) {
  return [text = std::move(text), status](Request) -> Task<Result<Response>> { co_return Response::text(text, status); };
}
inline PeerFunction fails(Errc code = Errc::ConnectionRefused) {
  return [code](Request) -> Task<Result<Response>> { co_return Error(code); };
}

/// The file's text as routes, whose peers are these.
inline Router<gateway::App> gateway_of(std::string_view file, const Peers& peers,
                                       std::shared_ptr<observe::Registry> registry = std::make_shared<observe::Registry>()) {
  const auto read = json::parse<gateway::GatewayFile>(file).value();
  std::map<std::string, std::shared_ptr<gateway::Upstream>> upstreams;
  for (const auto& [name, settings] : read.upstreams) {
    upstreams.emplace(name, std::make_shared<gateway::Upstream>(name, settings, peers.client(), nullptr));
  }
  auto table = std::make_shared<const gateway::Table>(read, std::move(upstreams));
  return gateway::routes({std::make_shared<gateway::Tables>(std::move(table)),
                          std::make_shared<const gateway::Counts>(std::move(registry))});
}

}  // namespace support
