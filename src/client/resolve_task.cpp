#include "client/resolve_task.h"

#include <utility>

#include "client/answers.h"
#include "client/checks.h"
#include "client/forms.h"

namespace discovery::client {

namespace {

class ResolveTask final : public std::enable_shared_from_this<ResolveTask>, private Asker {
 public:
  ResolveTask(std::shared_ptr<Core> core, std::string appid, ResolveHandler handler)
      : core_(std::move(core)), appid_(std::move(appid)), handler_(std::move(handler)), link_(core_->shared_loop()) {}
  ~ResolveTask() {
    core_->remove(*this);
    --core_->resolves;
  }
  ResolveTask(const ResolveTask&) = delete;
  ResolveTask& operator=(const ResolveTask&) = delete;

  void start() {
    if (core_->stopping()) return;
    if (const auto list = core_->shelf()->get(appid_)) {
      return list->known ? finish({}, *list) : finish({Errc::kNotFound, "no such application"}, *list);
    }
    core_->add(*this);
    ask();
  }

 private:
  void stop() override {
    const auto self = shared_from_this();
    link_.cancel();
  }

  void ask() {
    ++asked_;
    node_ = core_->nodes().current();
    link_.request(node_, core_->request(Method::kGet, fetch_target(core_->options().env, appid_)),
                  [self = shared_from_this()](const LinkAnswer& answer) { self->on_answer(answer); });
  }

  void on_answer(const LinkAnswer& answer) {
    int code = 0;
    Error error = error_of(answer, code);
    FetchAnswer fetched;
    if (!error) error = read_fetch(answer.body, appid_, core_->options().instances_max, fetched);
    if (!error) {
      core_->nodes().succeeded(node_);
      return finish({}, fetched.list);
    }
    if (wants_other_node(error)) {
      core_->nodes().failed(node_);
      if (asked_ < core_->nodes().size()) return ask();
    }
    InstanceList none;
    none.appid = appid_;
    finish({error.code, node_.text() + ": " + error.message}, none);
  }

  void finish(const Error& error, const InstanceList& list) {
    core_->tell(core_->door(), [&] {
      if (handler_) handler_(error, list);
    });
  }

  const std::shared_ptr<Core> core_;
  const std::string appid_;
  const ResolveHandler handler_;
  Link link_;
  Node node_;
  size_t asked_ = 0;
};

void refuse(const std::shared_ptr<Core>& core, Error error, const std::string& appid, ResolveHandler handler) {
  core->loop().post([core, error = std::move(error), appid, handler = std::move(handler)] {
    InstanceList none;
    none.appid = appid;
    core->tell(core->door(), [&] {
      if (handler) handler(error, none);
    });
  });
}

}  // namespace

void resolve_on(const std::shared_ptr<Core>& core, std::string appid, ResolveHandler handler) {
  if (Error error = check_appid(appid)) return refuse(core, std::move(error), appid, std::move(handler));
  if (++core->resolves > kResolvesMax) {
    --core->resolves;
    return refuse(core, {Errc::kLimit, "more questions at a time than a client takes"}, appid, std::move(handler));
  }
  auto task = std::make_shared<ResolveTask>(core, std::move(appid), std::move(handler));
  core->loop().post([task = std::move(task)] { task->start(); });  // which alone holds it: it ends where it runs
}

}  // namespace discovery::client
