// What every generated client must be able to do; the same steps in each language. See docs/clients.md.
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
)

// docs:begin
import (
	"context"
	"errors"
	"os"

	"example.com/acme/threadstore"
)

func newClient(url, token string) *threadstore.APIClient {
	configuration := threadstore.NewConfiguration()
	configuration.Servers = threadstore.ServerConfigurations{{URL: url}}
	configuration.HTTPClient = httpClient()
	if token != "" {
		configuration.AddDefaultHeader("Authorization", "Bearer "+token)
	}
	return threadstore.NewAPIClient(configuration)
}

// problemOf is the problem document that a call was refused with, or nil.
func problemOf(err error) *threadstore.Problem {
	var refused *threadstore.GenericOpenAPIError
	if errors.As(err, &refused) {
		if problem, ok := refused.Model().(threadstore.Problem); ok {
			return &problem
		}
	}
	return nil
}

var (
	ctx    = context.Background()
	client = newClient(os.Getenv("THREADSTORE_URL"), os.Getenv("THREADSTORE_TOKEN"))
)

// tryAppend appends messages. If others were first, it says where to go on, without a result.
func tryAppend(threadID string, expectedOrdinal int64, messages ...string) (int64, *threadstore.AppendResult, error) {
	body := threadstore.AppendItemsBody{ExpectedOrdinal: &expectedOrdinal}
	for _, message := range messages {
		payload := map[string]any{"type": "user_message", "message": message}
		body.Items = append(body.Items, threadstore.RolloutItem{Type: "event_msg", Payload: payload})
	}
	result, _, err := client.ItemsAPI.AppendItems(ctx, threadID).AppendItemsBody(body).Execute()
	if problem := problemOf(err); problem != nil && problem.Code == threadstore.PROBLEMCODE_ORDINAL_CONFLICT {
		return problem.GetNextOrdinal(), nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	return result.NextOrdinal, result, nil
}

func firstSteps() (*threadstore.StoredThread, *threadstore.AppendResult, error) {
	body := threadstore.NewCreateThreadBody(*threadstore.NewSessionSource(threadstore.SOURCEKIND_EXEC))
	body.SetName("Fix the parser")
	thread, _, err := client.ThreadsAPI.CreateThread(ctx).CreateThreadBody(*body).Execute()
	if err != nil {
		return nil, nil, err
	}
	_, result, err := tryAppend(thread.ThreadId, thread.NextOrdinal, "hello")
	return thread, result, err
}

// docs:end

const long = 3000

func httpClient() *http.Client {
	file := os.Getenv("THREADSTORE_CA")
	if file == "" {
		return http.DefaultClient
	}
	authorities := x509.NewCertPool()
	check(authorities.AppendCertsFromPEM(must(os.ReadFile(file))), "a CA in "+file)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}}
}

func check(condition bool, what string) {
	if !condition {
		fmt.Fprintln(os.Stderr, "failed:", what)
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		if problem := problemOf(err); problem != nil {
			err = fmt.Errorf("%w: %s", err, problem.GetDetail())
		}
		panic(err)
	}
	return value
}

func done(format string, values ...any) { fmt.Printf("  "+format+"\n", values...) }

// answer is what Execute returned, without the HTTP response.
func answer[T any](value T, _ *http.Response, err error) T { return must(value, err) }

// refusal is the problem document that Execute was refused with.
func refusal[T any](_ T, response *http.Response, err error) func(status int) *threadstore.Problem {
	return func(status int) *threadstore.Problem {
		problem := problemOf(err)
		check(problem != nil && response.StatusCode == status && int(problem.Status) == status, fmt.Sprint("a problem ", status, ": ", err))
		return problem
	}
}

func main() {
	file, fileID := os.Args[1], os.Args[2]
	threads, items, writers, rollouts := client.ThreadsAPI, client.ItemsAPI, client.WritersAPI, client.RolloutFilesAPI

	thread, result, err := firstSteps()
	must(thread, err)
	id, start := thread.ThreadId, thread.NextOrdinal
	check(thread.Writer.Epoch == 1 && start == 2, "a new thread has a writer, its session_meta and its name")
	check(*result.FirstOrdinal == start && result.Appended == 1 && !result.Replayed, "the first append")
	_, again, err := tryAppend(id, start, "hello")
	check(must(again, err).Replayed && again.Appended == 0, "the same append again is a replay")
	next, conflict, err := tryAppend(id, start, "something else")
	check(err == nil && conflict == nil && next == start+1, "a conflict at a taken ordinal says where to go on")
	_, synced, err := tryAppend(id, next, "something else")
	check(*must(synced, err).FirstOrdinal == start+1, "the append after it")
	done("create, append, replay, conflict")

	cwd := "/clients/" + rand.Text()
	made := map[string]bool{}
	for range 5 {
		body := threadstore.NewCreateThreadBody(*threadstore.NewSessionSource(threadstore.SOURCEKIND_EXEC))
		body.SetCwd(cwd)
		made[answer(threads.CreateThread(ctx).CreateThreadBody(*body).Execute()).ThreadId] = true
	}
	pages, seen := 0, 0
	list := threads.ListThreads(ctx).Cwd([]string{cwd}).Source([]threadstore.SourceKind{threadstore.SOURCEKIND_EXEC}).Limit(2)
	for more := true; more; pages++ {
		page := answer(list.Execute())
		for _, each := range page.Threads {
			check(made[each.ThreadId], "every thread once")
			delete(made, each.ThreadId)
			must(threads.DeleteThread(ctx, each.ThreadId).Execute())
			seen++
		}
		if more = page.NextCursor != nil; more {
			list = list.Cursor(*page.NextCursor)
		}
	}
	check(pages >= 3 && seen == 5 && len(made) == 0, "all threads, over all pages")
	newest := answer(items.ListItems(ctx, id).Limit(2).Order(threadstore.SORTORDER_DESC).Type_([]string{"event_msg"}).Execute())
	check(len(newest.Items) == 2 && newest.Items[0].Ordinal == start+1 && newest.HasMore, "a page of items, the newest first")
	done("lists")

	patch := func(body threadstore.UpdateThreadMetadataBody) threadstore.ApiUpdateThreadMetadataRequest {
		return threads.UpdateThreadMetadata(ctx, id).UpdateThreadMetadataBody(body)
	}
	name, cleared, both := threadstore.UpdateThreadMetadataBody{}, threadstore.UpdateThreadMetadataBody{}, threadstore.UpdateThreadMetadataBody{}
	name.SetName("Parser")
	cleared.SetNameNil()
	both.SetNameNil()
	both.SetMemoryMode(threadstore.MEMORYMODE_DISABLED)
	check(answer(patch(name).Execute()).GetName() == "Parser", "a new name")
	check(refusal(patch(both).Execute())(400).Code == threadstore.PROBLEMCODE_INVALID_REQUEST, "two fields at once, a null among them")
	check(answer(patch(threadstore.UpdateThreadMetadataBody{}).Execute()).GetName() == "Parser", "an absent name stays")
	check(answer(patch(cleared).Execute()).Name == nil, "null clears the name")
	var values []any
	for _, row := range answer(threads.ListMetadataPatches(ctx, id).Execute()).Patches {
		values = append(values, row.Value)
	}
	check(reflect.DeepEqual(values, []any{"Fix the parser", "Parser", nil}), "the patches on record")
	done("patches")

	check(answer(threads.ArchiveThread(ctx, id).Execute()).ArchivedAt != nil, "archived")
	hidden := refusal(threads.GetThread(ctx, id).Execute())(404)
	check(hidden.Code == threadstore.PROBLEMCODE_THREAD_NOT_FOUND && hidden.GetThreadId() == id, "an archived thread is not found")
	check(answer(threads.GetThread(ctx, id).IncludeArchived(true).Execute()).ArchivedAt != nil, "unless it is asked for")
	check(answer(threads.UnarchiveThread(ctx, id).Execute()).ArchivedAt == nil, "taken out again")
	takeover := threadstore.OpenWriterBody{}
	takeover.SetTakeover(true)
	second := answer(writers.OpenWriter(ctx, id).OpenWriterBody(takeover).Execute())
	check(second.Epoch == 2 && answer(writers.GetWriter(ctx, id).Execute()).Epoch == 2, "the second writer")
	nothing := threadstore.AppendItemsBody{Items: []threadstore.RolloutItem{}}
	fenced := refusal(items.AppendItems(ctx, id).AppendItemsBody(nothing).WriterEpoch(1).Execute())(409)
	check(fenced.Code == threadstore.PROBLEMCODE_WRITER_FENCED && fenced.GetEpoch() == 2, "the first writer is fenced")
	position := answer(writers.ShutdownThread(ctx, id).WriterEpoch(second.Epoch).Execute())
	check(position.Materialized && position.NextOrdinal == second.NextOrdinal, "shut down")
	check(refusal(writers.GetWriter(ctx, id).Execute())(404).Code == threadstore.PROBLEMCODE_WRITER_NOT_FOUND, "no writer is left")
	done("archive, writers")

	// raw values go out as they are; Go would write 1.0 as 1
	payload := map[string]any{
		"big": json.RawMessage("9223372036854775807"), "whole": json.RawMessage("1.0"), "new": map[string]any{"in": []any{nil, true}}}
	third := answer(writers.OpenWriter(ctx, id).OpenWriterBody(threadstore.OpenWriterBody{}).Execute())
	tomorrow := threadstore.AppendItemsBody{
		Items: []threadstore.RolloutItem{{Type: "of_tomorrow", Payload: payload}}, ExpectedOrdinal: &third.NextOrdinal}
	answer(items.AppendItems(ctx, id).AppendItemsBody(tomorrow).Execute())
	kept, response, err := items.ListItems(ctx, id).Type_([]string{"of_tomorrow"}).Execute()
	values = must(kept, err).Items[0].Payload["new"].(map[string]any)["in"].([]any)
	check(values[0] == nil && values[1] == true, "members that nobody knows")
	_, isFloat := kept.Items[0].Payload["big"].(float64)
	check(isFloat, "the typed answer has numbers as float64")
	text := must(io.ReadAll(response.Body)) // the same answer once more, as it came
	check(bytes.Contains(text, []byte(`"big":9223372036854775807`)) && bytes.Contains(text, []byte(`"whole":1.0`)), "its text has all digits")
	done("payload")

	ordinal := third.NextOrdinal + 1
	for from := 0; from < long; from += 1000 {
		var messages []string
		for n := range 1000 {
			messages = append(messages, fmt.Sprint("message ", from+n))
		}
		next, result, err := tryAppend(id, ordinal, messages...)
		check(must(result, err).Appended == 1000, "a thousand items")
		ordinal = next
	}
	count := int64(0)
	lines := bufio.NewScanner(ndjson(fmt.Sprintf("/v1/threads/%s/history", id)))
	lines.Buffer(nil, 64<<20)
	for ; lines.Scan(); count++ { // a line in memory at a time
		var item threadstore.StoredItem
		must(0, json.Unmarshal(lines.Bytes(), &item))
		check(item.Ordinal == count, "items in order")
	}
	must(0, lines.Err())
	check(count == ordinal && count > long, "the whole history, line by line")
	check(len(answer(items.LoadHistory(ctx, id).Execute()).Items) == int(count), "the same as one document")
	done("%d items streamed", count)

	rollout := must(os.ReadFile(file))
	importFile := func() *threadstore.ImportResult {
		in := must(os.Open(file))
		defer in.Close()
		return answer(rollouts.ImportRollout(ctx, fileID).Body(in).Execute())
	}
	imported := importFile()
	check(imported.Appended+imported.Replayed == int64(bytes.Count(rollout, []byte("\n"))), "every line is stored")
	check(importFile().Appended == 0, "the same file again changes nothing")
	exported := answer(rollouts.ExportRollout(ctx, fileID).Execute())
	check(bytes.Equal(must(io.ReadAll(exported)), rollout), "byte for byte the same file")
	must(0, errors.Join(exported.Close(), os.Remove(exported.Name())))
	check(imported.Thread.ThreadId == fileID, "the imported thread")
	done("import, export")

	stranger := newClient(os.Getenv("THREADSTORE_URL"), "")
	check(refusal(stranger.ThreadsAPI.ListThreads(ctx).Execute())(401).Code == threadstore.PROBLEMCODE_UNAUTHENTICATED, "who shows no token")
	for _, each := range []string{fileID, id} {
		must(threads.DeleteThread(ctx, each).Execute())
	}
	gone, err := threads.DeleteThread(ctx, id).Execute()
	check(refusal(0, gone, err)(404).Code == threadstore.PROBLEMCODE_THREAD_NOT_FOUND, "deleted")
	done("no token, delete")
}

// ndjson asks for lines with the client's own configuration: its methods read a whole answer before they return.
func ndjson(path string) io.Reader {
	configuration := client.GetConfig()
	request := must(http.NewRequestWithContext(ctx, http.MethodGet, configuration.Servers[0].URL+path, nil))
	for name, value := range configuration.DefaultHeader {
		request.Header.Set(name, value)
	}
	request.Header.Set("Accept", "application/x-ndjson")
	response := must(configuration.HTTPClient.Do(request))
	check(response.StatusCode == http.StatusOK, response.Status)
	return response.Body
}
