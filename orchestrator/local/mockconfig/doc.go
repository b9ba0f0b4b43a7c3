// Package mockconfig reads the mock configuration file of Step Functions Local (MockConfigFile.json), in which test cases of a
// state machine name the answers that its Task states get instead of calling a service:
//
//	{
//	  "StateMachines": {
//	    "Orders": {
//	      "TestCases": {
//	        "CardDeclinedOnce": {"Charge": "Declined once"}
//	      }
//	    }
//	  },
//	  "MockedResponses": {
//	    "Declined once": {
//	      "0":   {"Throw": {"Error": "Card.Declined", "Cause": "no funds"}},
//	      "1-2": {"Return": {"StatusCode": 200, "Payload": {"paid": true}}}
//	    }
//	  }
//	}
//
// The keys of a mocked response count the invocations of the state in an execution: the first call is 0, its retries go on
// counting. An execution of the machine ARN with the suffix "#CardDeclinedOnce" runs the test case. States that the case does not
// name call their services.
//
// The rules are those of https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html.
//
// The package is pure and imports package value only. It reads bytes; where the file lies is the caller's matter.
package mockconfig
