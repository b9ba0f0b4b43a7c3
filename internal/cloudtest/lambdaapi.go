//go:build engines

package cloudtest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"minuet/orchestrator/engine"
)

// lambdaAPI serves Lambda's Invoke to the orchestrator's tasks:
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
func lambdaAPI(functions engine.Invoker) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", func(w http.ResponseWriter, r *http.Request) {
		payload, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		name, err := url.PathUnescape(r.PathValue("name"))
		if err != nil {
			name = r.PathValue("name")
		}
		result, err := functions.Invoke(r.Context(), engine.Invocation{
			Function: name, Qualifier: r.URL.Query().Get("Qualifier"), Payload: payload,
			Type: r.Header.Get("X-Amz-Invocation-Type"), LogType: r.Header.Get("X-Amz-Log-Type"),
			ClientContext: r.Header.Get("X-Amz-Client-Context"),
		})
		var refused *engine.InvokeError
		switch {
		case errors.As(err, &refused):
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Amzn-Requestid", refused.RequestID)
			w.Header().Set("X-Amzn-Errortype", refused.Code)
			w.WriteHeader(refused.StatusCode)
			text, err := json.Marshal(map[string]string{"Type": "User", "Message": refused.Message, "message": refused.Message})
			if err != nil {
				panic(err) // strings always marshal
			}
			w.Write(text)
		case err != nil:
			panic(http.ErrAbortHandler) // the outcome is unknown
		default:
			header := w.Header()
			header.Set("Content-Type", "application/json")
			header.Set("Content-Length", strconv.Itoa(len(result.Payload)))
			for name, value := range map[string]string{
				"X-Amzn-Requestid": result.RequestID, "X-Amz-Function-Error": result.FunctionError,
				"X-Amz-Log-Result": result.LogResult, "X-Amz-Executed-Version": result.ExecutedVersion,
			} {
				if value != "" {
					header.Set(name, value)
				}
			}
			w.WriteHeader(result.StatusCode)
			w.Write(result.Payload)
		}
	})
	return mux
}
